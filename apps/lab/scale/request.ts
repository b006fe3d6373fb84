import type { StageState } from '../../../infra/local/state/stage-state.ts'
import { COPIES, parsePair } from '../../../infra/stage/settings.ts'
import { CommandError, parseCommandLine } from '../runner/command.ts'

export const USAGE = 'npm run scale -- STAGE SERVICE=N'

export type ScaleRequest = { readonly stage: string; readonly service: ScaledService; readonly copies: number }

/** The gateways are the edge's, which is told of them once. */
const SERVICES = Object.keys(COPIES).filter((name) => name !== 'gateway') as ScaledService[]
type ScaledService = Exclude<keyof typeof COPIES, 'gateway'>

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
export function requireService({ name, programs }: Pick<StageState, 'name' | 'programs'>, service: string): void {
  const isThere = programs.some((program) => program.kind === 'app' && program.name === `${service}-1`)
  if (!isThere) throw new CommandError(`stage ${name} has no service called ${service}`)
}
