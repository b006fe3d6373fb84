import type { Redis } from 'ioredis'
import { test as base, inject } from 'vitest'
import { redisDatabase } from '../../../apps/fixtures/redis-database.ts'

/** Each test gets a client on a database of its own, which is empty; it may do everything, as in most texts. */
// biome-ignore lint/correctness/noEmptyPattern: Vitest reads from the pattern that the fixture needs no other.
export const test = base.extend('redis', async ({}, { onCleanup }): Promise<Redis> => {
  const database = await redisDatabase(inject('redisUrl'))
  onCleanup(database.close)
  return database.lab
})
