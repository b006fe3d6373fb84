import type { Roles } from '../../mysql/roles.ts'
import { describeAnswer, httpCall } from '../../process/http-call.ts'
import type { StageState } from './stage-state.ts'

const TIMEOUT_MS = 2_000

/** The database that takes a running stage's writes: its only one, or the one that the keeper names. Throws if there is none at the moment. */
export async function primaryDatabase({ programs, databases }: StageState): Promise<StageState['databases'][number]> {
  const keeper = programs.find(({ kind }) => kind === 'failover')
  const name = keeper ? await primaryNow(keeper.port) : databases[0]?.name
  const found = databases.find((database) => database.name === name)
  if (!found) throw new Error(`the stage has no database called ${name}`)
  return found
}

/** The name of the member that takes the writes of the group that the keeper at this port watches. */
export async function primaryNow(keeperPort: number): Promise<string> {
  const { primary } = await rolesNow(keeperPort)
  if (primary === null) throw new Error('no database takes writes at the moment')
  return primary
}

export async function rolesNow(keeperPort: number): Promise<Roles> {
  const answer = await httpCall(`http://127.0.0.1:${keeperPort}/roles`, { timeoutMs: TIMEOUT_MS })
  if (answer.status !== 200) throw new Error(`the keeper answered ${describeAnswer(answer)}`)
  return JSON.parse(answer.text)
}
