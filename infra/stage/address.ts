/** Where the programs of a stage find one another: all on this machine, or each in a container that has its name. */

export const LOOPBACK = '127.0.0.1'

/** In a container nobody can reach what listens on its loopback alone; who can reach the rest its networks say. */
export const EVERY_ADDRESS = '0.0.0.0'

/** `local`: processes on this machine. `compose`: containers of Docker Compose. */
export type Runtime = 'local' | 'compose'

/** Of a plan. */
type Where = { readonly runtime: Runtime; readonly stage: number }

export function addressOf(plan: Where, name: string): string {
  return plan.runtime === 'compose' ? serviceOf(plan, name) : LOOPBACK
}

/** What Compose calls a program: several stages may be up at once. */
export function serviceOf({ stage }: Pick<Where, 'stage'>, name: string): string {
  return `${profileOf({ stage })}-${name}`
}

export function profileOf({ stage }: Pick<Where, 'stage'>): string {
  return `stage${stage}`
}

/** On which of its host's addresses a program listens. */
export function listenAddress({ runtime }: Pick<Where, 'runtime'>): string {
  return runtime === 'compose' ? EVERY_ADDRESS : LOOPBACK
}
