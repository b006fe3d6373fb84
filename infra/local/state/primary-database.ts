import type { Roles } from '../../mysql/roles.ts'
import { describeAnswer, httpCall } from '../../process/http-call.ts'

const TIMEOUT_MS = 2_000

/** The name of the member that takes the writes of the group that the keeper at this port watches; of several groups one is named. */
export async function primaryNow(keeperPort: number, group?: string): Promise<string> {
  const { primary } = await rolesNow(keeperPort, group)
  if (primary === null) throw new Error(`no database${group === undefined ? '' : ` of ${group}`} takes writes at the moment`)
  return primary
}

export async function rolesNow(keeperPort: number, group?: string): Promise<Roles> {
  const of = group === undefined ? '' : `?of=${group}`
  const answer = await httpCall(`http://127.0.0.1:${keeperPort}/roles${of}`, { timeoutMs: TIMEOUT_MS })
  if (answer.status !== 200) throw new Error(`the keeper answered ${describeAnswer(answer)}`)
  return JSON.parse(answer.text)
}
