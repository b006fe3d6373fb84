import { ServerDown } from '../process/server-down.ts'

/** Redis did not take the command, or did not say whether it did: whoever asked goes on without Redis, or answers 503. */
export class RedisDown extends ServerDown {
  override readonly name = 'RedisDown'
}

/** Whether the error says that Redis is away, full, or too slow, rather than that the command was wrong. */
export function isRedisDown(error: unknown): error is RedisDown {
  return error instanceof RedisDown
}

/** Answers by which a server says that it cannot do its work now; any other is a mistake in the command. */
const DOWN_REPLIES = /^(?:LOADING|MASTERDOWN|READONLY|NOREPLICAS|MISCONF|OOM|CLUSTERDOWN|TRYAGAIN|MOVED|ASK|UNBLOCKED)\b/

/** What ioredis rejects with, as the shop sees it. */
export function understood(name: string, error: Error): Error {
  const isMistake = error.name === 'ReplyError' && !DOWN_REPLIES.test(error.message)
  return error instanceof RedisDown || isMistake ? error : new RedisDown(`${name}: ${error.message}`, { cause: error })
}

/** Then the same is asked in another way: the script's text follows (R14), or another node of a Cluster has the key. */
export function isDetour({ message, cause }: Error): boolean {
  return message.startsWith('NOSCRIPT') || (cause instanceof Error && /^(?:MOVED|ASK|TRYAGAIN) /.test(cause.message))
}

/** The server is there and does not do as it is asked; or does not answer, on a connection that is open. */
export function isRefusal(error: Error): boolean {
  if (!(error instanceof RedisDown)) return error.message.startsWith('NOPERM')
  return !(error.cause instanceof Error) || error.cause.name === 'ReplyError'
}
