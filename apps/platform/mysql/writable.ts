import { within } from '../process/within.ts'
import { selectTakesWrites } from './queries.ts'
import type { Replica } from './read-your-writes.ts'

const ANSWER_MS = 1_000

/**
 * The one server that says it takes writes, where all others say that they do not. One that is silent may be another that does; and of
 * two, one is a primary that was replaced and has not heard of it. Then it is the keeper who has to say.
 */
export async function findWritable(servers: readonly Pick<Replica, 'name' | 'itself'>[]): Promise<string | undefined> {
  const answers = await Promise.all(
    servers.map(async ({ name, itself }) => ({ name, takesWrites: await within(ANSWER_MS, selectTakesWrites(itself)) })),
  )
  if (answers.some(({ takesWrites }) => takesWrites === undefined)) return undefined
  const [writable, another] = answers.filter(({ takesWrites }) => takesWrites)
  return another ? undefined : writable?.name
}
