/** Follows the keeper of the databases: who takes the writes, and which replicas may be read. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Value } from 'typebox/value'
import { Roles } from '../../../infra/mysql/roles.ts'
import { httpCall } from '../../../infra/process/http-call.ts'
import { logLine } from '../process/log.ts'

/** The keeper answers after 10 s where nothing changes. */
const POLL_TIMEOUT_MS = 12_000
const LONGEST_PAUSE_MS = 500
const FIRST_PAUSE_MS = 50
/** Between two answers, so that a keeper that always answers at once does not keep us busy. */
const BREATH_MS = 20

export type RolesFollower = {
  /** True where the keeper has answered, or does so within the time. */
  heard(withinMs: number): Promise<boolean>
  /** Milliseconds since the last answer. */
  silenceMs(): number
  stop(): Promise<void>
}

/** Asks for ever, until stopped. While the keeper is away the roles that it said last stay. `of` names one group of several. */
export function followRoles(url: string, onRoles: (roles: Roles) => void, of?: string): RolesFollower {
  const stopping = new AbortController()
  const first = Promise.withResolvers<true>()
  let heardAt = Number.NEGATIVE_INFINITY
  const asked = new URL(`${url}/roles`)
  if (of !== undefined) asked.searchParams.set('of', of)
  const following = follow(asked, stopping.signal, (roles) => {
    heardAt = performance.now()
    onRoles(roles)
    first.resolve(true)
  })
  return {
    heard: (withinMs) => Promise.race([first.promise, sleep(withinMs, false, { signal: stopping.signal })]),
    silenceMs: () => performance.now() - heardAt,
    async stop() {
      stopping.abort()
      await following
    },
  }
}

async function follow(url: URL, stopping: AbortSignal, onRoles: (roles: Roles) => void): Promise<void> {
  let after: number | undefined
  let failures = 0
  while (!stopping.aborted) {
    try {
      const roles = await ask(url, after, stopping)
      if (failures > 0) logLine(30, 'the keeper answers again')
      failures = 0
      onRoles(roles)
      after = roles.version
    } catch (error) {
      // Who answers next may be a new keeper, which has a clock of its own.
      after = undefined
      failures += 1
      if (failures === 1 && !stopping.aborted)
        logLine(40, `the keeper does not answer; the last known roles stay: ${reasonOf(error)}`)
    }
    await sleep(failures === 0 ? BREATH_MS : pauseMs(failures), undefined, { signal: stopping }).catch(() => undefined)
  }
}

/** The name of the server that takes the writes now. */
export async function primaryBy(keeperUrl: string): Promise<string> {
  const { primary } = await ask(new URL(`${keeperUrl}/roles`))
  if (primary === null) throw new Error('nobody takes the writes at the moment')
  return primary
}

async function ask(url: URL, after?: number, stopping?: AbortSignal): Promise<Roles> {
  const asked = new URL(url)
  if (after !== undefined) asked.searchParams.set('after', String(after))
  const { status, text } = await httpCall(asked.href, { timeoutMs: POLL_TIMEOUT_MS, ...(stopping && { stopping }) })
  const body: unknown = JSON.parse(text)
  if (status !== 200 || !Value.Check(Roles, body)) throw new Error(`it answered ${status} ${text}`)
  return body
}

/** Doubles, with jitter, so that the copies of the app do not all come at once when the keeper is back. */
function pauseMs(failures: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2)
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}
