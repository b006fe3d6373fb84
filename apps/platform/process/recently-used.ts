import { LRUCache } from 'lru-cache'

/**
 * Keeps so many at the most; what was used least recently goes first. The library's own option for this takes the room of all of them
 * at once, which in an app with five limits is 6 MiB for nothing.
 */
export function recentlyUsed<Value extends object | true>(most: number, { ttlMs = 0 } = {}): LRUCache<string, Value> {
  return new LRUCache<string, Value>({ maxSize: most, sizeCalculation: () => 1, ttl: ttlMs })
}
