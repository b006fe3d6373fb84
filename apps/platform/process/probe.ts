/** Tries the steps of the way to a server, one after the other, and says at which it breaks. */
import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { inTime } from './within.ts'

export type Step<Name extends string = string> = {
  readonly step: Name
  readonly ok: boolean
  readonly detail: string
  readonly ms: number
}
/** Answers what it found, in words; throws what is wrong. */
export type Attempt<Name extends string> = readonly [step: Name, attempt: () => Promise<string>]
export type ProbeDeadlines = { readonly timeoutMs: number }
export type Place = { readonly host: string; readonly port: number }

/** Stops at the first step that fails; each has `timeoutMs`. */
export async function inOrder<Name extends string>(
  attempts: readonly Attempt<Name>[],
  deadlines: ProbeDeadlines,
): Promise<Step<Name>[]> {
  const steps: Step<Name>[] = []
  for (const [step, attempt] of attempts) {
    const result = await timed(step, attempt, deadlines)
    steps.push(result)
    if (!result.ok) break
  }
  return steps
}

async function timed<Name extends string>(
  step: Name,
  attempt: () => Promise<string>,
  { timeoutMs }: ProbeDeadlines,
): Promise<Step<Name>> {
  const startedAt = performance.now()
  const end = (ok: boolean, detail: string) => ({ step, ok, detail, ms: Math.round(performance.now() - startedAt) })
  try {
    return end(true, await inTime(timeoutMs, attempt))
  } catch (error) {
    return end(false, error instanceof Error ? error.message : String(error))
  }
}

export async function resolveName({ host }: Place): Promise<string> {
  const { address } = await lookup(host).catch((error) => {
    throw new Error(`the name ${host} does not resolve (${error.code})`)
  })
  return `${host} is ${address}`
}

export async function reachPort(socket: Socket, { host, port }: Place): Promise<string> {
  socket.connect({ host, port })
  await once(socket, 'connect').catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ECONNREFUSED' ? new Error(`nothing listens on ${host}:${port} (ECONNREFUSED)`) : error
  })
  return `port ${port} accepts connections`
}
