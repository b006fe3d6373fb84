/**
 * Keeps each host on one CPU. The kernel hands a host's quota out CPU by CPU: a helper thread that wakes on another CPU takes what
 * is left of the 1.5 ms there, and the main thread waits for the next period with an empty queue and no quota. Measured on two
 * CPUs: the same app needed 2.5 or 3.9 ms a journey, by chance of where its threads were.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { Command } from '../../process/command.ts'
import { groupMembers } from '../../process/process-table.ts'
import { CpuPlaces } from './cpu-places.ts'
import type { HostSizer } from './host-sizer.ts'

const CALL_TIMEOUT_MS = 3_000

/**
 * The sizer, which now also gives each host that it limits a CPU; the same where nothing can be pinned. The load generator has the CPUs
 * that are not filled to itself.
 */
export function onOneCpuEach(sizer: HostSizer): HostSizer {
  const cpus = ownCpus()
  if (cpus.length < 2 || !canPin(cpus)) return sizer
  const places = new CpuPlaces(cpus)
  return {
    ...sizer,
    about: `${sizer.about}, each host on one CPU`,
    wrap(host, command) {
      const cpu = places.of(host)
      return sizer.wrap(host, cpu === undefined ? command : onCpu(cpu, command))
    },
    limit(host, size, leaders) {
      const cpu = places.give(host, size)
      if (cpu !== undefined) pin(cpu, leaders)
      return sizer.limit(host, size, leaders)
    },
  }
}

/** taskset becomes the program. */
function onCpu(cpu: number, { path, args, env }: Command): Command {
  return { path: 'taskset', args: ['--cpu-list', String(cpu), path, ...args], env }
}

/** `0-1,4` → 0, 1, 4 */
export function parseCpuList(text: string): number[] {
  return text.split(',').flatMap((part) => {
    const [first = 0, last = first] = part.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
}

function ownCpus(): number[] {
  try {
    const list = /^Cpus_allowed_list:\s+(\S+)$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]
    return list === undefined ? [] : parseCpuList(list)
  } catch {
    return []
  }
}

/** Asks for what this process has anyway. */
function canPin(cpus: readonly number[]): boolean {
  return setCpus(cpus.join(','), process.pid)
}

function pin(cpu: number, leaders: readonly number[]): void {
  for (const leader of leaders) for (const { pid } of groupMembers(leader)) setCpus(String(cpu), pid)
}

/** All threads of the process; false where it has ended, or there is no taskset. */
function setCpus(list: string, pid: number): boolean {
  try {
    execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', list, String(pid)], {
      timeout: CALL_TIMEOUT_MS,
      stdio: 'ignore',
    })
    return true
  } catch {
    return false
  }
}
