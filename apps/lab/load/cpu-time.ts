import { readFileSync } from 'node:fs'

/** The kernel counts in hundredths of a second on every platform that Node runs on with /proc. */
const TICKS_A_SECOND = 100

/** CPU seconds, user and system, of a process so far; undefined where there is no /proc or no such process. */
export function cpuSeconds(pid: number): number | undefined {
  const stat = readStat(pid)
  // The second field is the program's name in brackets and may hold anything; user and system time are the 14th and 15th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields[11]) + Number(fields[12])
  return Number.isNaN(ticks) ? undefined : ticks / TICKS_A_SECOND
}

function readStat(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    return ''
  }
}
