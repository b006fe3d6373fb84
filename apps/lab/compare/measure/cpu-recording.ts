/** CPU use of programs over time, so that the part of a run that is steady can be cut out afterwards. */
import { groupMembers } from '../../../../infra/process/process-table.ts'
import { cpuSeconds } from '../../load/cpu-time.ts'

/** `pid` leads the program's process group. */
export type Watched = { readonly name: string; readonly pid: number }
type Sample = { readonly atMs: number; readonly seconds: readonly number[] }
export type CpuRecording = { readonly names: readonly string[]; readonly samples: readonly Sample[] }

const SAMPLE_MS = 200

/** Starts to record; the function that it returns ends that and answers what was recorded. */
export function recordCpu(programs: readonly Watched[]): () => CpuRecording {
  const members = programs.map(({ pid }) => groupMembers(pid).map((row) => row.pid))
  const samples: Sample[] = []
  const sample = () => {
    samples.push({ atMs: performance.now(), seconds: members.map(secondsOf) })
  }
  sample()
  const timer = setInterval(sample, SAMPLE_MS)
  return () => {
    clearInterval(timer)
    sample()
    return { names: programs.map(({ name }) => name), samples }
  }
}

/** CPUs that each program used between two moments of `performance.now()`. */
export function cpusBetween({ names, samples }: CpuRecording, fromMs: number, toMs: number): Record<string, number> {
  const inside = samples.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs)
  const [first] = inside
  const last = inside.at(-1)
  if (first === undefined || last === undefined || last === first) return Object.fromEntries(names.map((name) => [name, 0]))
  const seconds = (last.atMs - first.atMs) / 1_000
  return Object.fromEntries(
    names.map((name, index) => [name, ((last.seconds[index] ?? 0) - (first.seconds[index] ?? 0)) / seconds]),
  )
}

function secondsOf(pids: readonly number[]): number {
  return pids.reduce((total, pid) => total + (cpuSeconds(pid) ?? 0), 0)
}
