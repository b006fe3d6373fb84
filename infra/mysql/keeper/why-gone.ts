import { type Member, MISSES, PROBE_DEADLINE_MS } from './member.ts'

/** So long a replica that got something new speaks for a primary that does not answer us. */
const NEWS_MS = 500

/** Undefined while it is primary. */
export function whyGone(primary: Member, replicas: readonly Member[]): string | undefined {
  const { missed, refused, seen, name } = primary
  if (missed < MISSES) return seen?.readOnly ? 'it was started again' : undefined
  if (refused) return 'its port is closed'
  const quietSince = (seen?.askedAt ?? 0) + PROBE_DEADLINE_MS
  const hasNews = ({ after, by }: Member['news']) => after > quietSince && performance.now() - by < NEWS_MS
  const talks = replicas.some(({ news, seen }) => seen?.copying?.sourcePort === primary.port && hasNews(news))
  return talks ? undefined : `${name} answers nobody`
}
