/** What the machine's CPUs did, and were kept from doing, between two moments. */
import { readFileSync } from 'node:fs'

/** Parts of the machine's time. */
export type MachineUse = {
  readonly idleShare: number
  /** Taken by another guest of the same hardware. */
  readonly stolenShare: number
  /** Idle, but for the disk. */
  readonly diskShare: number
}

/** Starts to watch; the function that it returns answers what happened since. */
export function watchMachine(): () => MachineUse {
  const before = readTimes()
  return () => machineUse(before, readTimes())
}

export type Times = { readonly total: number; readonly idle: number; readonly stolen: number; readonly disk: number }

export function machineUse(before: Times, after: Times): MachineUse {
  const total = Math.max(1, after.total - before.total)
  return {
    // What waits for the disk would be idle without it.
    idleShare: (after.idle - before.idle + after.disk - before.disk) / total,
    stolenShare: (after.stolen - before.stolen) / total,
    diskShare: (after.disk - before.disk) / total,
  }
}

/** The first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq and steal, in ticks. */
export function parseTimes(stat: string): Times {
  const ticks = (stat.split('\n')[0] ?? '').trim().split(/\s+/).slice(1, 9).map(Number)
  const [, , , idle = 0, disk = 0, , , stolen = 0] = ticks
  return { total: ticks.reduce((sum, value) => sum + value, 0), idle, stolen, disk }
}

function readTimes(): Times {
  return parseTimes(readFileSync('/proc/stat', 'latin1'))
}
