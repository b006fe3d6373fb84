import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** A process for certain: its number alone may have been given to a stranger since. */
export type ProcessIdentity = { readonly pid: number; readonly startTime: string }
export type ProcessRow = ProcessIdentity & { readonly group: number }

const HAS_PROC = process.platform === 'linux'
/** `/proc` counts start times from boot, so the boot belongs to them. */
const BOOT = HAS_PROC ? readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8) : ''

/** The live process with this number; undefined when there is none, or only a zombie that nobody has collected. */
export function processWith(pid: number): ProcessRow | undefined {
  return HAS_PROC ? procRow(pid) : psRows(['-p', String(pid)])[0]
}

export function identityOf(pid: number): ProcessIdentity | undefined {
  const row = processWith(pid)
  return row && { pid: row.pid, startTime: row.startTime }
}

export function isRunning({ pid, startTime }: ProcessIdentity): boolean {
  return processWith(pid)?.startTime === startTime
}

/** Members of a process group. */
export function groupMembers(group: number): ProcessRow[] {
  return allProcesses().filter((row) => row.group === group)
}

export function allProcesses(): ProcessRow[] {
  if (!HAS_PROC) return psRows(['-ax'])
  return procNumbers().flatMap((pid) => procRow(pid) ?? [])
}

/** Processes of ours whose environment has this variable, each with its value. */
export function processesTagged(variable: string): (ProcessRow & { value: string })[] {
  return HAS_PROC ? procTagged(variable) : psTagged(variable)
}

/** The command line, for people. */
export function commandLine(pid: number): string {
  try {
    if (HAS_PROC) return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim()
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).trim()
  } catch {
    return ''
  }
}

export function procNumbers(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
}

function procRow(pid: number): ProcessRow | undefined {
  const stat = readOrNothing(`/proc/${pid}/stat`)
  // The second field is the program's name in brackets and may hold anything, brackets and spaces too.
  const [state, , group, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (!state || state === 'Z' || state === 'X') return undefined
  return { pid, group: Number(group), startTime: `${BOOT}:${rest[16]}` }
}

function procTagged(variable: string): (ProcessRow & { value: string })[] {
  return procNumbers().flatMap((pid) => {
    const found = readOrNothing(`/proc/${pid}/environ`)
      .split('\0')
      .find((pair) => pair.startsWith(`${variable}=`))
    const row = found === undefined ? undefined : procRow(pid)
    return row && found ? [{ ...row, value: found.slice(variable.length + 1) }] : []
  })
}

function psRows(selection: string[]): ProcessRow[] {
  return ps([...selection, '-o', 'pid=,pgid=,stat=,lstart=']).flatMap((line) => {
    const [pid, group, state, ...startTime] = line.trim().split(/\s+/)
    if (!state || state.startsWith('Z')) return []
    return [{ pid: Number(pid), group: Number(group), startTime: startTime.join(' ') }]
  })
}

/** Where there is no /proc, `ps -E` prints the environment behind the command. A value ends at the next blank. */
function psTagged(variable: string): (ProcessRow & { value: string })[] {
  return ps(['-axEww', '-o', 'pid=,command=']).flatMap((line) => {
    const value = new RegExp(` ${variable}=(\\S+)`).exec(line)?.[1]
    const row = value === undefined ? undefined : processWith(Number.parseInt(line, 10))
    return row && value ? [{ ...row, value }] : []
  })
}

function ps(args: string[]): string[] {
  try {
    const env = { PATH: process.env.PATH, LC_ALL: 'C' }
    return execFileSync('ps', args, { encoding: 'utf8', env, maxBuffer: 64 * 1024 * 1024 })
      .split('\n')
      .filter(Boolean)
  } catch {
    return []
  }
}

function readOrNothing(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return ''
  }
}
