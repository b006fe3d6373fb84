import type { Roles } from '../../mysql/roles.ts'
import { describeAnswer, httpCall } from '../../process/http-call.ts'

const TIMEOUT_MS = 2_000

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
