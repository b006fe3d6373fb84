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
  /** Takes them off for good. That is done too when this process ends, however it ends. */
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
  const unlimited = [...NO_LIMIT, ...(engine.canPin ? ['--cpuset-cpus', everyCpu(engine)] : [])]
  const guard = whenGone([...unlimited, ...names])
  const restore = () => limit(limits)
  await restore().catch(async (error) => {
    await endOf(guard)
    throw error
  })
  return {
    lift: async () => void (await update([...NO_LIMIT, ...names])),
    restore,
    end: () => endOf(guard),
  }
}

type Limit = { readonly container: string; readonly options: readonly string[] }

/** As many calls as there are kinds of limits. */
async function limit(limits: readonly Limit[]): Promise<void> {
  for (const alike of Map.groupBy(limits, ({ options }) => options.join(' ')).values())
    await update([...(alike[0]?.options ?? []), ...alike.map(({ container }) => container)])
}

function optionsOf(sizeCpu: number, cpu: number | undefined): string[] {
  const { quota, period } = quotaOf(sizeCpu)
  const place = cpu === undefined ? [] : ['--cpuset-cpus', String(cpu)]
  return ['--cpu-period', String(period), '--cpu-quota', String(quota), ...place]
}

/** None is what Docker takes for no change. */
const NO_LIMIT = ['--cpu-quota', '-1']

function everyCpu({ cpus }: Engine): string {
  return cpus === 1 ? '0' : `0-${cpus - 1}`
}

function update(args: readonly string[]): Promise<string[]> {
  return dockerWithin(UPDATE_WITHIN_MS, ['update', ...args])
}

/** Somebody who outlives us by that: our end closes what it reads. */
function whenGone(args: readonly string[]): ChildProcess {
  const script = 'while read -r _; do :; done; exec docker update "$@"'
  const child = spawn('/bin/sh', ['-c', script, 'sh', ...args], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  child.stdin?.on('error', () => {})
  child.on('error', () => {})
  child.unref()
  return child
}

/** Containers that are gone by then need no size. */
async function endOf(guard: ChildProcess): Promise<void> {
  if (guard.exitCode !== null || guard.signalCode !== null) return
  guard.ref()
  const ended = once(guard, 'exit', { signal: AbortSignal.timeout(UPDATE_WITHIN_MS) })
  guard.stdin?.end()
  await ended.catch(() => {})
}
