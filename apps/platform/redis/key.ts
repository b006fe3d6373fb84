import { KEY_PREFIXES } from '../../../infra/redis/rights.ts'
import type { RedisRole } from '../../../infra/stage/topology.ts'

type KeyFacts = {
  readonly role: RedisRole
  /** Between the role's prefix and the id. */
  readonly noun: string
  /** In words, what stands between the braces: a Cluster keeps all keys with one tag on one server (R2). */
  readonly tag: string
  readonly type: 'string' | 'hash' | 'list' | 'set' | 'sorted set' | 'stream' | 'several'
  /** In words, with the setting that it comes from. */
  readonly lifetime: string
  readonly whenLost: string
}

/** Makes a key: `productPage('p_1')` is `cache:product:{p_1}`. What more the key needs to be one of its kind comes after its tag. */
export type Key = KeyFacts & ((tag: string, rest?: string) => string)

export function key(facts: KeyFacts): Key {
  const start = `${KEY_PREFIXES[facts.role]}${facts.noun}:{`
  return Object.assign((tag: string, rest = '') => `${start}${tag}}${rest}`, facts)
}

/** The one key of its kind: `events:orders`. */
export function onlyKey(facts: Omit<KeyFacts, 'tag'>): Key {
  return Object.assign(() => KEY_PREFIXES[facts.role] + facts.noun, { ...facts, tag: '' })
}
