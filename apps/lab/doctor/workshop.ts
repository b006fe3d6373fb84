/** Whether a whole workshop will work here, in one line. */
import { cpus } from 'node:os'
import type { Finding } from './finding.ts'

export type Machine = { readonly cpus: number; readonly freeMemoryMiB: number; readonly freeDiskMb: number }

/** Two stages side by side of which one is the largest, on MySQL, and what loads them. */
const NEEDED_MEMORY_MIB = 3_500
/** All six stages' data, the servers and the packages. */
const NEEDED_DISK_MB = 4_000
/** One for the stage that is loaded, one for what loads it. */
const NEEDED_CPUS = 2

export function machineNow(freeDiskMb: number): Machine {
  return {
    cpus: cpus().length,
    freeMemoryMiB: Math.floor(process.availableMemory() / 2 ** 20),
    freeDiskMb: Math.floor(freeDiskMb),
  }
}

export function workshopFinding(findings: readonly Finding[], { cpus, freeMemoryMiB, freeDiskMb }: Machine): Finding {
  const lacks = [
    ...lackOf('CPUs', cpus, NEEDED_CPUS),
    ...lackOf('MiB of memory', freeMemoryMiB, NEEDED_MEMORY_MIB),
    ...lackOf('MB of disk', freeDiskMb, NEEDED_DISK_MB),
    ...findings.flatMap(({ subject, ok }) => (ok ? [] : [`what is said above of ${subject}`])),
  ]
  if (lacks.length > 0) return { subject: 'workshop', ok: false, detail: `a whole one will not work here: ${lacks.join('; ')}` }
  const fetched = findings.flatMap(({ subject, isFetched }) => (isFetched ? [subject] : []))
  const network = fetched.length === 0 ? '' : `, once the network has brought ${fetched.join(', ')} (or a kit: npm run prefetch)`
  const detail = `a whole one will work here: ${cpus} CPUs, ${figure(freeMemoryMiB)} MiB of memory and ${figure(freeDiskMb)} MB of disk are free${network}`
  return { subject: 'workshop', ok: true, detail }
}

function lackOf(what: string, there: number, needed: number): string[] {
  return there < needed ? [`${figure(needed)} ${what} are needed, and there are ${figure(there)}`] : []
}

function figure(value: number): string {
  return value.toLocaleString('en')
}
