import type { Ask, Contract, Contracts, Offer } from './contract.ts'
import { type Misfit, misfits } from './schema.ts'

/** A line for each thing that would break if this contract took the place of the service's own: where it is asked, and where it asks. */
export function complaintsAbout(name: string, candidate: Contract, others: Contracts): string[] {
  const asked = Object.entries(others).flatMap(([consumer, { needs }]) =>
    consumer === name ? [] : unmet({ consumer, asks: needs[name] ?? {}, provider: name, offers: candidate.provides }),
  )
  const asking = Object.entries(candidate.needs).flatMap(([provider, asks]) =>
    unmet({ consumer: name, asks, provider, offers: others[provider]?.provides ?? {} }),
  )
  return [...asked, ...asking]
}

type Arrow = {
  readonly consumer: string
  readonly asks: Readonly<Record<string, Ask>>
  readonly provider: string
  readonly offers: Readonly<Record<string, Offer>>
}

function unmet({ consumer, asks, provider, offers }: Arrow): string[] {
  return Object.entries(asks).flatMap(([route, ask]) => {
    const offer = Object.hasOwn(offers, route) ? offers[route] : undefined
    return offer
      ? misfitsOf(ask, offer).map((what) => `${consumer} ${what} (${route} of ${provider})`)
      : [`${consumer} asks ${route}, which ${provider} has not`]
  })
}

function misfitsOf({ sends, reads }: Ask, { takes, answers }: Offer): string[] {
  const read = reads ? misfits(reads, answers ?? {}).map((misfit) => `reads ${textOf(misfit, 'the answer')}`) : []
  const sent = sends || takes ? misfits(takes ?? {}, sends ?? {}).map((misfit) => `sends ${textOf(misfit, 'a body')}`) : []
  return [...read, ...sent]
}

function textOf({ field, why }: Misfit, whole: string): string {
  return `${field || whole}, which ${why}`
}
