/** What programs take of the machine: memory, and CPU between two readings. */
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { groupMembers } from '../../../infra/process/process-table.ts'
import { cpuSeconds } from './cpu-time.ts'

/** Null where the system does not say. */
export type ProgramUse = {
  /** With the pages that it shares counted in part, so that those of several programs may be added up. */
  readonly memoryMiB: number | null
  readonly cpuMsPerS: number | null
}

/** Of programs that lead a process group each, in their order, all over the same time. */
export async function programUses(pids: readonly number[], forMs: number): Promise<ProgramUse[]> {
  const groups = pids.map((pid) => groupMembers(pid).map((row) => row.pid))
  const [startedAt, before] = [performance.now(), groups.map((group) => total(group, cpuMs))]
  await sleep(forMs)
  const seconds = (performance.now() - startedAt) / 1_000
  return groups.map((group, index) => {
    const [was, is] = [before[index] ?? null, total(group, cpuMs)]
    return { memoryMiB: total(group, memoryMiB), cpuMsPerS: was === null || is === null ? null : (is - was) / seconds }
  })
}

/** Proportional set size, or where the system has none what is resident. Null without /proc, or when the process has ended. */
export function memoryMiB(pid: number): number | null {
  const kilobytes =
    /^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ??
    /^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1]
  return kilobytes === undefined ? null : Number(kilobytes) / 1_024
}

/** To the nanosecond where the scheduler keeps accounts of each thread, else to its tick of 10 ms. */
function cpuMs(pid: number): number | null {
  const threads = threadsOf(pid).map((thread) => read(`/proc/${pid}/task/${thread}/schedstat`).split(' ')[0] ?? '')
  if (threads.length > 0 && threads.every((nanoseconds) => /^\d+$/.test(nanoseconds)))
    return threads.reduce((sum, nanoseconds) => sum + Number(nanoseconds) / 1e6, 0)
  const seconds = cpuSeconds(pid)
  return seconds === undefined ? null : 1_000 * seconds
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
  } catch {
    return []
  }
}

function total(pids: readonly number[], of: (pid: number) => number | null): number | null {
  const known = pids.map(of).filter((value) => value !== null)
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0)
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return ''
  }
}
