/** Which CPU each host is on: one is filled before the next, as hosts that talk to each other wake each other at less cost there. */

/** A larger host has work for more than one CPU. */
const MOST_CPU = 1
/** Of a CPU, for hosts: the rest is for the kernel and whatever else runs. */
const FULL_CPU = 0.8

type Place = { readonly cpu: number; readonly size: number }

export class CpuPlaces {
  readonly #cpus: readonly number[]
  readonly #placed = new Map<string, Place>()

  constructor(cpus: readonly number[]) {
    this.#cpus = cpus
  }

  /** The one that it had, or the first with room; undefined for a host that is too large for one. */
  give(host: string, size: number): number | undefined {
    if (size > MOST_CPU) return undefined
    const cpu = this.of(host) ?? this.#roomiest(size)
    this.#placed.set(host, { cpu, size })
    return cpu
  }

  of(host: string): number | undefined {
    return this.#placed.get(host)?.cpu
  }

  /** The first CPU with room for the host, or the one with the most. */
  #roomiest(size: number): number {
    const placed = [...this.#placed.values()]
    const used = this.#cpus.map((cpu) => placed.reduce((sum, place) => sum + (place.cpu === cpu ? place.size : 0), 0))
    const first = used.findIndex((sum) => sum + size <= FULL_CPU)
    return this.#cpus[first < 0 ? used.indexOf(Math.min(...used)) : first] ?? 0
  }
}
