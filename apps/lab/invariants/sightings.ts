/**
 * What single clients saw, one line for each answer that was read whole: the part of a history that no snapshot can show, as it is
 * about when somebody was told what. All times are milliseconds on one clock.
 */
export type Sighting = WriteSeen | ReadSeen | SessionSeen | AnswerSeen

/** Something with a version that only rises: an order's progress, a product's price, how often a cart was changed. */
export type Register = { readonly of: 'order' | 'price' | 'cart'; readonly id: string }

/** The shop acknowledged this version; who asks from now on must see it, or a later one. */
export type WriteSeen = { readonly kind: 'write'; readonly register: Register; readonly version: number; readonly at: number }

/** Version 0 says that the thing was not there. */
export type ReadSeen = {
  readonly kind: 'read'
  readonly register: Register
  readonly version: number
  readonly startedAt: number
  /** What was asked and who answered, for people. */
  readonly where: string
  readonly endedAt: number
}

/**
 * `session` is a name of ours, never the token. `leaving` is a log-out that was sent, `ended` one that was acknowledged;
 * `accepted` and `refused` are answers to requests that bore it.
 */
export type SessionSeen = {
  readonly kind: 'session'
  readonly session: string
  readonly event: 'begun' | 'accepted' | 'refused' | 'leaving' | 'ended'
  readonly startedAt: number
  readonly endedAt: number
  readonly where: string
}

/** A final answer to a request that bore an idempotency key: done, or refused for good. */
export type AnswerSeen = {
  readonly kind: 'answer'
  readonly operation: 'order' | 'payment'
  readonly key: string
  /** Status and body, compared as text. */
  readonly answer: string
}

export function sightingsOf<Kind extends Sighting['kind']>(sightings: readonly Sighting[], kind: Kind) {
  return sightings.filter((one): one is Extract<Sighting, { kind: Kind }> => one.kind === kind)
}
