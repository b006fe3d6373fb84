import type { Registry } from 'prom-client'

type Options<Label extends string> = {
  readonly name: string
  readonly help: string
  readonly labelNames: readonly Label[]
  /** Upper bounds, ascending. */
  readonly buckets: readonly number[]
}

/**
 * A histogram in a registry of prom-client. Its series are numbers that are looked up once; prom-client's own checks and hashes the
 * labels at each observation, which an app that makes a few for every request would spend more on than on anything else it measures.
 */
export class Histogram<Label extends string> {
  readonly type = 'histogram'
  readonly aggregator = 'sum'
  readonly name: string
  readonly help: string
  readonly #labelNames: readonly Label[]
  readonly #buckets: readonly number[]
  readonly #series: Series[] = []
  readonly #places = new Place()

  constructor({ name, help, labelNames, buckets }: Options<Label>, registry: Registry) {
    this.name = name
    this.help = help
    this.#labelNames = labelNames
    this.#buckets = buckets
    registry.registerMetric(this as never)
  }

  /** One value for each label name, in their order. */
  of(...labels: readonly string[]): Series {
    let place = this.#places
    for (const label of labels) place = place.at(label)
    place.series ??= this.#begin(labels)
    return place.series
  }

  #begin(labels: readonly string[]): Series {
    const named = Object.fromEntries(this.#labelNames.map((name, index) => [name, labels[index] ?? '']))
    const series = new Series(this.#buckets, named)
    this.#series.push(series)
    return series
  }

  /** What prom-client asks for when it is scraped. */
  async get() {
    const { name, help, type, aggregator } = this
    const values = this.#series.filter(({ count }) => count > 0).flatMap((series) => series.values(name))
    return { name, help, type, aggregator, values }
  }
}

/** A word after the other, each of which is there already: a key made of all of them would have to be made for every request. */
class Place {
  series: Series | undefined
  readonly #next = new Map<string, Place>()

  at(label: string): Place {
    const known = this.#next.get(label)
    if (known) return known
    const fresh = new Place()
    this.#next.set(label, fresh)
    return fresh
  }
}

class Series {
  count = 0
  #sum = 0
  readonly #buckets: readonly number[]
  readonly #counts: number[]
  readonly #labels: Readonly<Record<string, string>>

  constructor(buckets: readonly number[], labels: Readonly<Record<string, string>>) {
    this.#buckets = buckets
    this.#counts = buckets.map(() => 0)
    this.#labels = labels
  }

  observe(value: number): void {
    this.count += 1
    this.#sum += value
    // Beyond the last there is none: what is counted there nobody reads.
    let bucket = 0
    while (value > (this.#buckets[bucket] ?? Number.POSITIVE_INFINITY)) bucket += 1
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1
  }

  values(name: string) {
    let below = 0
    const buckets = this.#buckets.map((bound, index) => {
      below += this.#counts[index] ?? 0
      return { metricName: `${name}_bucket`, labels: { le: bound, ...this.#labels }, value: below }
    })
    return [
      ...buckets,
      { metricName: `${name}_bucket`, labels: { le: '+Inf', ...this.#labels }, value: this.count },
      { metricName: `${name}_sum`, labels: this.#labels, value: this.#sum },
      { metricName: `${name}_count`, labels: this.#labels, value: this.count },
    ]
  }
}
