/**
 * Gives the hosts of a stage in containers their size, with the period of those of npm start. Docker limits containers and not groups of
 * them, so that programs which share a host have equal parts of its size. One that is started again has its limit from birth.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { quotaOf } from '../local/hosts/cgroup.ts'
import { CpuPlaces } from '../local/hosts/cpu-places.ts'
import type { Plan } from '../stage/plan.ts'
import { docker, dockerWithin } from './docker.ts'

/** Some thirty containers, on a machine that is out of breath. */
const UPDATE_WITHIN_MS = 120_000
const GUARD_ENDS_WITHIN_MS = 10_000

/** What Docker can do for sizes here. */
export type Engine = { readonly about: string; readonly cpus: number; readonly canLimit: boolean; readonly canPin: boolean }

export async function engineHere(): Promise<Engine> {
  const [line = ''] = await docker('info', '--format', '{{.NCPU}} {{.CPUCfsQuota}} {{.CPUSet}}')
  const [cpus, quota, sets] = line.split(' ')
  const canPin = sets === 'true' && Number(cpus) > 1
  return { about: `Docker${canPin ? ', each host on one CPU' : ''}`, cpus: Number(cpus), canLimit: quota === 'true', canPin }
}

export const NO_CONTAINER_SIZES_BECAUSE = 'this Docker can set no CPU limits: its kernel, or its user, lacks the cpu controller'

export type ContainerSizes = {
  /** Takes the limits off, for what is done at full speed. */
  lift(): Promise<void>
  /** Puts them back. */
  restore(): Promise<void>
  /** Takes them off for good; throws one line where it cannot. That is done too when this process ends, however it ends. */
  end(): Promise<void>
}

type Wanted = {
  readonly hosts: Plan['hosts']
  readonly containerOf: (program: string) => string
  /** CPUs of each host of the stage's own. */
  readonly sizeCpu: number
}

export async function sizeContainers(engine: Engine, { hosts, containerOf, sizeCpu }: Wanted): Promise<ContainerSizes> {
  const places = new CpuPlaces(Array.from({ length: engine.cpus }, (_, cpu) => cpu))
  const limits = hosts
    .filter(({ sized }) => sized)
    .flatMap(({ name, programs }) => {
      const cpu = engine.canPin ? places.give(name, sizeCpu) : undefined
      const options = optionsOf(sizeCpu / programs.length, cpu)
      return programs.map((program) => ({ container: containerOf(program), options }))
    })
  const names = limits.map(({ container }) => container)
  const guard = whenGone([...asBorn(engine), ...names])
  const restore = () => limit(limits, guard)
  let ended: Promise<void> | undefined
  const end = () => {
    ended ??= unsizeContainers(engine, names)
      .then(() => release(guard))
      .finally(() => guard.stdin?.end())
    return ended
  }
  await restore().catch(async (error) => {
    await end().catch(() => {})
    throw error
  })
  return { lift: async () => void (await update([...NO_LIMIT, ...names])), restore, end }
}

/** Takes off whatever limits they have; those that are gone by then need that no more. Throws one line where it cannot. */
export async function unsizeContainers(engine: Engine, names: readonly string[]): Promise<void> {
  const limits = asBorn(engine)
  try {
    await update([...limits, ...names])
  } catch {
    for (const name of names)
      await update([...limits, name]).catch((error) => {
        if (!/^No such container/i.test(error.message)) throw error
      })
  }
}

type Limit = { readonly container: string; readonly options: readonly string[] }

/** As many calls as there are kinds of limits. */
async function limit(limits: readonly Limit[], guard: ChildProcess): Promise<void> {
  for (const alike of Map.groupBy(limits, ({ options }) => options.join(' ')).values())
    await update([...(alike[0]?.options ?? []), ...alike.map(({ container }) => container)], guard)
}

function optionsOf(sizeCpu: number, cpu: number | undefined): string[] {
  const { quota, period } = quotaOf(sizeCpu)
  const place = cpu === undefined ? [] : ['--cpuset-cpus', String(cpu)]
  return ['--cpu-period', String(period), '--cpu-quota', String(quota), ...place]
}

/** None is what Docker takes for no change. */
const NO_LIMIT = ['--cpu-quota', '-1']

function asBorn(engine: Engine): string[] {
  return [...NO_LIMIT, ...(engine.canPin ? ['--cpuset-cpus', everyCpu(engine)] : [])]
}

function everyCpu({ cpus }: Engine): string {
  return cpus === 1 ? '0' : `0-${cpus - 1}`
}

/** Where we are killed in the middle of it the guard waits for its end, and has the last word. */
function update(args: readonly string[], guard?: ChildProcess): Promise<string[]> {
  const stdin = guard?.stdin
  return dockerWithin(UPDATE_WITHIN_MS, ['update', ...args], { holds: stdin?.writable ? stdin : undefined })
}

/** Somebody who outlives us by that, unless he is told that it is done: our end closes what he reads, and so do we where it could not be done. */
function whenGone(args: readonly string[]): ChildProcess {
  const script = 'read -r _ && exit; docker update "$@" || { /bin/sleep 2; exec docker update "$@"; }'
  const child = spawn('/bin/sh', ['-c', script, 'sh', ...args], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  child.stdin?.on('error', () => {})
  child.on('error', () => {})
  child.unref()
  return child
}

async function release(guard: ChildProcess): Promise<void> {
  if (guard.exitCode !== null || guard.signalCode !== null) return
  guard.ref()
  const ended = once(guard, 'exit', { signal: AbortSignal.timeout(GUARD_ENDS_WITHIN_MS) })
  guard.stdin?.write('done\n')
  await ended.catch(() => guard.unref())
}
