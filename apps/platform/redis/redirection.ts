import type { NodeAddress } from './slot-map.ts'

/** What a node answers that does not have the key: another has it; another may have it already; or some of several keys are on their way. */
export type Redirection =
  | { readonly kind: 'moved' | 'ask'; readonly slot: number; readonly to: NodeAddress }
  | { readonly kind: 'again' }

const ELSEWHERE = /^(MOVED|ASK) (\d+) (\S+:\d+)/

/** Undefined for what is no redirection. */
export function redirectionIn(error: unknown): Redirection | undefined {
  const reply = error instanceof Error && error.cause instanceof Error ? error.cause.message : ''
  if (reply.startsWith('TRYAGAIN')) return { kind: 'again' }
  const [, kind, slot, to = ''] = ELSEWHERE.exec(reply) ?? []
  return kind === undefined ? undefined : { kind: kind === 'ASK' ? 'ask' : 'moved', slot: Number(slot), to }
}
