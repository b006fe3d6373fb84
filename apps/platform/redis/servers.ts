import type { RedisClient, RedisServer } from './client.ts'

/** For each server that this Redis has, and for each that it comes to have: what one of them lost, another still has. */
export function eachServer(redis: RedisClient, begin: (server: RedisServer) => void): void {
  for (const server of redis.servers()) begin(server)
  redis.on('joined', begin)
}
