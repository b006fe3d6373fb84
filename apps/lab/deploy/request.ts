import type { StageState } from '../../../infra/local/state/stage-state.ts'
import type { Plan } from '../../../infra/stage/plan.ts'
import { MOST_COPIES } from '../../../infra/stage/settings.ts'
import { CommandError, InputError, parseCommandLine } from '../runner/command.ts'
import { hasService, SERVICES, type ServiceName } from '../scale/request.ts'

export const USAGE = 'npm run deploy -- STAGE SERVICE --from COMMIT|FOLDER'

export type DeployRequest = { readonly stage: string; readonly service: ServiceName; readonly from: string }

/** Throws one line for what cannot be meant. */
export function deployRequest(args: string[]): DeployRequest {
  const { values, positionals } = parse(args)
  const [stage, service, ...rest] = positionals
  if (stage === undefined || service === undefined || rest.length > 0 || !values.from)
    throw new InputError(`deploy takes a stage, one service, and --from with a commit or a folder; usage: ${USAGE}`)
  return { stage, service: serviceNamed(service), from: values.from }
}

function parse(args: string[]) {
  try {
    return parseCommandLine(args, { from: { type: 'string' } }, USAGE)
  } catch (error) {
    throw error instanceof CommandError ? new InputError(error.message) : error
  }
}

function serviceNamed(name: string): ServiceName {
  const found = SERVICES.find((service) => service === name)
  if (found === undefined) throw new InputError(`deploy is for services: ${SERVICES.join(', ')}; "${name}" is none`)
  return found
}

/** Whether it runs or not. */
export function refuseStage(plan: Pick<Plan, 'name' | 'programs'>, service: ServiceName): void {
  if (!hasService(plan, service)) throw new InputError(`stage ${plan.name} has no service called ${service}`)
}

/** While it is replaced a service has one copy more. */
export function refuseFull({ stage, settings }: Pick<StageState, 'stage' | 'settings'>, service: ServiceName): void {
  if (settings[service] < MOST_COPIES) return
  const fewer = `npm run scale -- ${stage} ${service}=${MOST_COPIES - 1}`
  throw new InputError(`${service} has ${MOST_COPIES} copies, and no place for the one that comes before them; first: ${fewer}`)
}
