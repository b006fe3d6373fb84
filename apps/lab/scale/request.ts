import type { StageState } from '../../../infra/local/state/stage-state.ts'
import type { Program } from '../../../infra/stage/plan.ts'
import { COPIES, parsePair } from '../../../infra/stage/settings.ts'
import { CommandError, parseCommandLine } from '../runner/command.ts'

export const USAGE = 'npm run scale -- STAGE SERVICE=N'

export type ScaleRequest = { readonly stage: string; readonly service: ServiceName; readonly copies: number }

/** The gateways are the edge's, which is told of them once. */
export const SERVICES = Object.keys(COPIES).filter((name) => name !== 'gateway') as ServiceName[]
export type ServiceName = Exclude<keyof typeof COPIES, 'gateway'>

/** Throws one line for what cannot be meant. */
export function scaleRequest(args: string[]): ScaleRequest {
  const { positionals } = parseCommandLine(args, {}, USAGE)
  const [stage, pair, ...rest] = positionals
  if (stage === undefined || pair === undefined || rest.length > 0)
    throw new CommandError(`scale takes a stage and one service with its copies; usage: ${USAGE}`)
  const service = SERVICES.find((name) => pair.startsWith(`${name}=`))
  if (service === undefined) {
    const why = pair.startsWith('gateway=')
      ? 'the edge is told of its gateways at its start (--set gateway=4)'
      : `"${pair}" is none`
    throw new CommandError(`scale is for services: ${SERVICES.join(', ')}; ${why}`)
  }
  const [, copies] = parsePair(pair)
  return { stage, service, copies: Number(copies) }
}

/** Throws where the stage has no such service. */
export function requireService(stage: Pick<StageState, 'name' | 'programs'>, service: string): void {
  if (!hasService(stage, service)) throw new CommandError(`stage ${stage.name} has no service called ${service}`)
}

export function hasService(
  { programs }: { readonly programs: readonly Pick<Program, 'kind' | 'name'>[] },
  service: string,
): boolean {
  return programs.some((program) => program.kind === 'app' && program.name === `${service}-1`)
}
