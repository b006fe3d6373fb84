import { CopyDown } from '../platform/calls/copy.ts'

/** Another copy may do better where this one died or hangs; where all have too much to do, or the time is over, a retry makes it worse. */
export function isWorthARetry(error: unknown): boolean {
  const cause = error instanceof Error ? (error.cause ?? error) : undefined
  return cause instanceof CopyDown || (cause instanceof Error && 'code' in cause && CUT_OFF.has(String(cause.code)))
}

const CUT_OFF: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'])
