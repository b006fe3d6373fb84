/** Whom the loss of a service touches: the requests that need it, and no others. */
import type { ProgramState, StageState } from '../../../infra/local/state/stage-state.ts'
import { ALL_MODULES, type Module } from '../../../infra/stage/topology.ts'
import { describeFailures, type Excuse, eventNow, type FaultEvent, failuresOf } from './fault-events.ts'
import { programsOf } from './programs.ts'
import type { Operation, Sent } from './traffic/recording.ts'
import { waitFindings } from './waits.ts'

/** Whose path it is, and whom that one calls for it. */
const NEEDS: Readonly<Record<Operation, readonly Module[]>> = {
  page: ['products'],
  price: ['products'],
  order: ['orders', 'products'],
  cancellation: ['orders'],
  'own order': ['orders'],
  'own orders': ['orders'],
  cart: ['orders', 'products'],
  'own cart': ['orders', 'products'],
  payment: ['payments', 'orders'],
  'slow payment': ['payments', 'orders'],
  'who am I': ['users'],
  'ended session': ['users'],
  'log-in': ['users'],
  'log-out': ['users'],
}

/** How long each fault takes, with the others before it, is for the judge of services to say and not for the limits of one fault. */
export const NO_LIMITS = { writes: 600_000, pages: 600_000, loggedIn: 600_000 }

/** Until a copy's death is seen by all who have given it something. */
const SEEN_WITHIN_MS = 250
/** Until it is asked again, and what was refused before has been told. */
const BACK_WITHIN_MS = 1_000
/** Who asks a service of which nobody answers may wait for two calls, of which the second takes back what the first may have done. */
const ALL_HUNG_WITHIN_MS = 3_000
/** While one copy says nothing: when most callers have found that out, so much of what needs its service is answered. */
const FOUND_OUT_AFTER_MS = 1_000
const LEAST_ANSWERED = 0.9

export function missingServices(stage: StageState): string | undefined {
  const lost = ALL_MODULES.find((name) => copiesOf(stage, name).length < 2)
  return lost && `this drill needs services of two copies; stage ${stage.stage} has none for ${lost}`
}

export function copiesOf(stage: StageState, service: Module): ProgramState[] {
  return programsOf(stage, 'app').filter(({ name }) => name.replace(/-\d+$/, '') === service)
}

export function serviceEvent(what: string, program: string, name: Module, excuses: Excuse): FaultEvent {
  return { ...eventNow(what, program), service: { name, excuses } }
}

export function judgeServices(sent: readonly Sent[], events: readonly FaultEvent[]): string[] {
  const spells = spellsOf(events)
  if (spells.length === 0) return ['no service was touched']
  const wrong = failuresOf(sent).filter((one) => !spells.some((spell) => excuses(spell, one)))
  return [
    ...(wrong.length > 0
      ? [`${wrong.length} requests failed that need nothing of what was away then`, ...describeFailures(wrong, events)]
      : []),
    ...spells.filter(({ excuse }) => excuse === 'all').flatMap((spell) => unseen(sent, spell)),
  ]
}

/** Whether those who asked copies that hung were told in time, and most of them by another copy where there was one. */
export function judgeHangs(sent: readonly Sent[], events: readonly FaultEvent[]): string[] {
  return spellsOf(events).flatMap(({ service, from, until, excuse }) => {
    const asked = sent.filter(
      ({ operation, startedAt }) => NEEDS[operation].includes(service) && startedAt >= from && startedAt < until,
    )
    if (excuse === 'all') return waitFindings(asked, ALL_HUNG_WITHIN_MS)
    const later = asked.filter(({ startedAt }) => startedAt >= from + FOUND_OUT_AFTER_MS)
    const answered = later.length - failuresOf(later).length
    const isMost = later.length > 0 && answered >= later.length * LEAST_ANSWERED
    return [
      ...waitFindings(asked),
      ...(isMost ? [] : [`of ${later.length} requests ${answered} were answered while one copy of ${service} hung`]),
    ]
  })
}

/** From `from` to `until` requests that need the service may fail. */
type Spell = {
  readonly service: Module
  readonly from: number
  readonly until: number
  readonly excuse: 'all' | 'in flight' | 'silence'
}

function spellsOf(events: readonly FaultEvent[]): Spell[] {
  return events.flatMap(({ at, service }, index) => {
    if (!service || service.excuses === 'none') return []
    const next = events.slice(index + 1).find((one) => one.service?.name === service.name)?.at ?? Number.POSITIVE_INFINITY
    const { name, excuses: excuse } = service
    return [{ service: name, from: at, until: excuse === 'in flight' ? at + SEEN_WITHIN_MS : next, excuse }]
  })
}

function excuses({ service, from, until, excuse }: Spell, { operation, startedAt, endedAt }: Sent): boolean {
  const last = excuse === 'all' ? until + BACK_WITHIN_MS : until
  return NEEDS[operation].includes(service) && endedAt >= from && startedAt <= last
}

/** What was not tried proves nothing. */
function unseen(sent: readonly Sent[], { service, from, until }: Spell): string[] {
  const needs = (one: Sent) => NEEDS[one.operation].includes(service)
  const meanwhile = sent.filter(({ startedAt, endedAt }) => startedAt >= from && endedAt <= until)
  const after = sent.filter(({ startedAt }) => startedAt > until)
  const isWell = ({ failure }: Sent) => failure === undefined
  const own = (Object.keys(NEEDS) as Operation[]).filter((operation) => NEEDS[operation][0] === service)
  return [
    ...(meanwhile.some((one) => needs(one) && !isWell(one)) ? [] : [`nothing failed while ${service} was away`]),
    ...(meanwhile.some((one) => !needs(one) && isWell(one)) ? [] : [`nothing else was answered while ${service} was away`]),
    ...(after.some((one) => own.includes(one.operation) && isWell(one))
      ? []
      : [`${service} has answered nothing since it is back`]),
  ]
}
