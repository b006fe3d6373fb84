/** Programs that ask services, which are told of copies that come and go. */
import { isDeepStrictEqual } from 'node:util'
import { httpCall } from '../../process/http-call.ts'
import { until } from '../../process/until.ts'
import type { ServicesOfModules } from '../../stage/app-programs.ts'
import { COPIES_PATH } from '../../stage/copies-document.ts'
import { appsOf, type Plan, type Program } from '../../stage/plan.ts'
import { writeCopies } from '../state/copies-file.ts'
import type { StageFiles } from '../state/data-folder.ts'

/** One that has died is told when it has been started again, which takes its time on a small host. */
const TOLD = { withinMs: 90_000, everyMs: 50 }
/** Who has not heard of it by then may never: that is told at once, whatever comes of it. */
const USUAL_MS = 3_000
/** Longer than a request may take. What has no end, as the events of an order, is not waited for: who goes breaks it off. */
const LEFT = { withinMs: 11_000, everyMs: 50 }
const ANSWER_WITHIN_MS = 5_000

/** Is told what is known before it is done, or has failed: both may take minutes. */
export type News = (line: string) => void

type Copies = { readonly asked: readonly string[]; readonly leaving: readonly string[] }

/** Those that are told of the stage in a document. */
export function isOurs({ kind }: Program): boolean {
  return kind === 'app' || kind === 'worker' || kind === 'consumers' || kind === 'gateway'
}

/** Returns when each asks the copies that the plan has, and no other: what it asked others before is over. */
export async function untilCallersKnow({ programs }: Pick<Plan, 'programs'>, news: News = () => {}): Promise<void> {
  const callers = programs.flatMap(callerOf)
  const unaware = new Set(callers.map(({ name }) => name))
  const late = setTimeout(() => {
    if (unaware.size > 0) news(`${[...unaware].join(' and ')} cannot be told of the copies yet …`)
  }, USUAL_MS)
  const told = callers.map(async (caller) => {
    await until(() => knows(caller), { ...TOLD, complaint: `${caller.name} was not told of all copies` })
    unaware.delete(caller.name)
    await until(() => hasLeft(caller), LEFT)
  })
  await Promise.all(told).finally(() => clearTimeout(late))
}

type Leaving = Pick<StageFiles, 'copies'> & { readonly news?: News }

/**
 * Before a copy is replaced those who ask it go over to the others, and end what they have with it: one that closes a connection that rests
 * cannot know whether somebody has just written to it. Where there are no others it is asked to the end.
 */
export async function leaveCopy(plan: Plan, { name }: Program, { copies, news }: Leaving): Promise<void> {
  const rest = plan.settings.drain === 'on' ? planWithout(plan, name) : undefined
  if (rest === undefined) return
  writeCopies(copies, rest)
  await untilCallersKnow(rest, news)
}

/** As it is for those who ask; undefined where nobody asks this program, or nobody could be asked in its place. */
export function planWithout(plan: Plan, name: string): Plan | undefined {
  const mine = appsOf(plan).find((program) => program.name === name)
  const others = appsOf(plan).filter((program) => program.service === mine?.service && program.name !== name)
  if (mine === undefined || mine.callers.length === 0 || others.length === 0) return undefined
  return { ...plan, programs: plan.programs.filter((program) => program.name !== name).map((one) => asksNoMore(one, name)) }
}

function asksNoMore(program: Program, name: string): Program {
  if (program.kind === 'gateway') return { ...program, to: fewer(program.to, name) }
  return asksOthers(program) ? { ...program, remote: fewer(program.remote, name) } : program
}

function fewer(services: ServicesOfModules, name: string): ServicesOfModules {
  return Object.fromEntries(
    Object.entries(services).map(([module, one]) => [module, { ...one, copies: one.copies.filter((copy) => copy !== name) }]),
  )
}

type Caller = { readonly name: string; readonly port: number; readonly asks: Readonly<Record<string, readonly string[]>> }

function callerOf(program: Program): Caller[] {
  const to = program.kind === 'gateway' ? program.to : asksOthers(program) ? program.remote : {}
  const asks = Object.fromEntries(Object.values(to).map(({ service, copies }) => [service, copies]))
  return Object.keys(asks).length === 0 ? [] : [{ name: program.name, port: program.port, asks }]
}

function asksOthers(program: Program): program is Extract<Program, { kind: 'app' | 'worker' | 'consumers' }> {
  return isOurs(program) && program.kind !== 'gateway'
}

async function knows(caller: Caller): Promise<boolean | Error> {
  const known = await copiesKnownTo(caller)
  if (known instanceof Error) return known
  return isDeepStrictEqual(Object.fromEntries(Object.entries(known).map(([name, { asked }]) => [name, asked])), caller.asks)
}

async function hasLeft(caller: Caller): Promise<boolean | Error> {
  const known = await copiesKnownTo(caller)
  return known instanceof Error ? known : Object.values(known).every(({ leaving }) => leaving.length === 0)
}

async function copiesKnownTo({ port }: Caller): Promise<Readonly<Record<string, Copies>> | Error> {
  try {
    const { status, text } = await httpCall(`http://127.0.0.1:${port}${COPIES_PATH}`, { timeoutMs: ANSWER_WITHIN_MS })
    return status === 200 ? JSON.parse(text) : new Error(`${COPIES_PATH} answered ${status}: ${text}`)
  } catch (error) {
    return error as Error
  }
}
