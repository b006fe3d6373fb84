import { rm } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CHECKOUT, dataFolder } from '../../../../../infra/local/state/data-folder.ts'
import type { StageState } from '../../../../../infra/local/state/stage-state.ts'
import { ALL_MODULES, type Module } from '../../../../../infra/stage/topology.ts'
import { copyCheckout } from '../../../deploy/copied-build.ts'
import { labProcess } from '../../../runner/lab-process.ts'
import type { Drill, Means } from '../../drill.ts'
import { eventNow, type FaultEvent } from '../../fault-events.ts'
import { missingRunner } from '../../programs.ts'
import { backNow, silentSince } from '../../returned.ts'
import { copiesOf, missingServices } from '../../services.ts'
import type { Crowd } from '../../traffic/crowd.ts'
import { buy, buySlowly } from '../../traffic/journeys.ts'
import { whileRushing } from '../../traffic/rushing.ts'

/** To the other build and back, so even. */
const TIMES = 10
const TIMES_OF_A_PART = 2
/**
 * Where payments are deployed some that take 2 s are under way all the time, so that each copy has one in its hands when it is told to end;
 * and twice as many quick ones, as a service of which eight in a row are late is not asked for a moment.
 */
const PAYING = { journey: buySlowlyOrNot, times: 3, everyMs: 500 }
const SLOW_EVERY = 3
/** For these and for what the traffic orders, far from what an account may order in a minute. */
const CUSTOMERS = 30
/** Until each copy has been asked something. */
const PAUSE_MS = 2_000

/** Each service goes over to another build and back, again and again: the same code in another folder, as every build is to the runner. */
export const deployServices: Drill = {
  summary: 'each service is deployed ten times, from two builds in turn; both answer meanwhile, and no request may fail.',
  missing: (stage) => missingServices(stage) ?? missingRunner(stage),
  limitsMs: { writes: 0, pages: 0, loggedIn: 0 },
  customers: CUSTOMERS,
  async prepare() {
    await copyCheckout(otherBuild())
    return () => rm(otherBuild(), { recursive: true, force: true })
  },
  async inject(stage, events, means) {
    const services = means.isSmall ? (['payments'] as const) : ALL_MODULES
    for (const service of services)
      for (let time = 0; time < (means.isSmall ? TIMES_OF_A_PART : TIMES); time += 1)
        await deployOnce(stage, { service, from: time % 2 === 0 ? otherBuild() : CHECKOUT, events, means })
  },
  judge: silentSince,
  unprotected: [{ set: ['drain=off'], finds: 'requests failed that the fault does not touch' }],
}

function buySlowlyOrNot(crowd: Crowd, index: number): Promise<void> {
  return index % SLOW_EVERY === 0 ? buySlowly(crowd, index) : buy(crowd, index)
}

/** Beside those of commits. */
function otherBuild(): string {
  return path.join(dataFolder(), 'builds', 'drill')
}

type Step = { readonly service: Module; readonly from: string; readonly events: FaultEvent[]; readonly means: Means }

async function deployOnce(stage: () => StageState, { service, from, events, means }: Step): Promise<void> {
  const before = copiesOf(stage(), service)
  events.push(eventNow(`deploy ${service}`, `${service}-1`))
  const deploy = () => labProcess(['deploy', String(stage().stage), service, '--from', from], {}).done
  const { status, out, error } = await (service === 'payments' ? whileRushing(means.rush, PAYING, deploy) : deploy())
  if (status === 0) means.figures.push(out.trim())
  else means.wrong.push(`${service} was not deployed: ${error.trim().split('\n').at(-1)}`)
  for (const { name, pid, condition } of copiesOf(stage(), service)) {
    const old = before.find((copy) => copy.name === name)
    if (old === undefined || old.pid === pid || condition !== 'up') means.wrong.push(`${name} was not replaced`)
    events.push(backNow(name))
  }
  await sleep(PAUSE_MS)
}
