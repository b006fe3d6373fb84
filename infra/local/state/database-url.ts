import { StartError } from '../../process/start-error.ts'
import type { Plan } from '../../stage/plan.ts'
import type { Secrets } from './secrets.ts'

/** Where a database of the plan is found. `host` is 127.0.0.1 for tools; apps get the setting databaseHost, so that a wrong one can be tried. */
export function databaseUrl(plan: Plan, name: string, secrets: Secrets, host = '127.0.0.1'): string {
  const bracketed = host.includes(':') ? `[${host}]` : host
  const url = `mysql://shop:${encodeURIComponent(secrets.databasePassword)}@${bracketed}:${portOf(plan, name)}/shop?name=${name}`
  if (URL.canParse(url)) return url
  throw new StartError(`"${host}" is no value for the setting databaseHost: it takes a name or an address`)
}

export function portOf(plan: Plan, name: string): number {
  const program = plan.programs.find((candidate) => candidate.name === name)
  if (!program) throw new Error(`the plan has no program called ${name}`)
  return program.port
}
