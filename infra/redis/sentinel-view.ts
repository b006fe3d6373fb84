import type { Redis } from 'ioredis'

/** Throws what a Sentinel does not know yet of its group: a primary that answers, replicas that follow it, and the other Sentinels. */
export async function requireWholeView(
  sentinel: Redis,
  group: string,
  { servers, sentinels }: { servers: number; sentinels: number },
): Promise<void> {
  const primary = fieldsOf(await sentinel.call('SENTINEL', 'MASTER', group))
  if (primary.flags !== 'master') throw new Error(`the primary of ${group} is ${primary.flags}`)
  const known = Number(primary['num-other-sentinels']) + 1
  if (known < sentinels) throw new Error(`it knows ${known} of ${sentinels} Sentinels`)
  const replicas = ((await sentinel.call('SENTINEL', 'REPLICAS', group)) as string[][]).map(fieldsOf)
  const following = replicas.filter(({ flags, ...replica }) => flags === 'slave' && replica['master-link-status'] === 'ok')
  if (following.length < servers - 1) throw new Error(`it knows ${following.length} of ${servers - 1} replicas`)
}

/** A Sentinel answers names and values in turn. */
function fieldsOf(reply: unknown): Record<string, string> {
  const texts = (reply as unknown[]).map(String)
  return Object.fromEntries(texts.flatMap((text, index) => (index % 2 === 0 ? [[text, texts[index + 1] ?? '']] : [])))
}
