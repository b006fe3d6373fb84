/** What kept a stage from its work during a load, as far as it was watched. */
import type { Measured } from './load.ts'

/** With less of the machine left over than this, somebody else was at work. */
export const CROWDED_IDLE_SHARE = 0.1
const STOLEN_SHARE = 0.05
const DISK_SHARE = 0.1

export function pausesOf({ machine, metrics }: Pick<Measured, 'machine' | 'metrics'>): string[] {
  const collections = metrics?.longCollections ?? 0
  return [
    ...(machine.idleShare < CROWDED_IDLE_SHARE ? ['other processes had taken the machine'] : []),
    ...(machine.stolenShare > STOLEN_SHARE ? [`a neighbour took ${percent(machine.stolenShare)} of the CPUs`] : []),
    ...(machine.diskShare > DISK_SHARE ? [`the disk was waited for (a flush), ${percent(machine.diskShare)} of the time`] : []),
    ...(collections > 0 ? [`garbage collection paused an app for more than 0.1 s, ${times(collections)}`] : []),
  ]
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`
}
