import type { NodeLine } from '../../../infra/redis/cluster-node.ts'
import { SLOTS } from '../../../infra/redis/cluster-record.ts'

/** Host and port: what a node calls another, whoever it is. */
export type NodeAddress = string

/** Keys that have another server from now on. */
export type Move = { readonly from: NodeAddress | undefined; readonly to: NodeAddress }

/**
 * Which node has which slots, as far as this app knows: nodes tell, and each of them may not have heard the latest. A slot's new owner
 * has a higher epoch than its old one, so that what is older is known from what is newer.
 */
export class SlotMap {
  readonly #owners = new Array<NodeAddress | undefined>(SLOTS)
  readonly #epochs = new Array<number>(SLOTS).fill(-1)

  ownerOf(slot: number): NodeAddress | undefined {
    return this.#owners[slot]
  }

  owners(): Set<NodeAddress> {
    return new Set(this.#owners.filter((owner) => owner !== undefined))
  }

  /** Takes what a node says, and answers who has slots of whom now, each pair once. */
  adopt(nodes: readonly NodeLine[]): Move[] {
    const moves = new Map<string, Move>()
    for (const node of nodes) {
      for (const [first, last] of node.slots) {
        for (let slot = first; slot <= last; slot++) {
          const move = this.#give(slot, addressOf(node), node.epoch)
          if (move) moves.set(`${move.from} ${move.to}`, move)
        }
      }
    }
    return [...moves.values()]
  }

  /** As the node says that was asked: it has given the slot away. Whoever has it will say in which epoch. */
  assign(slot: number, to: NodeAddress): Move | undefined {
    return this.#give(slot, to, this.#epochs[slot] ?? -1)
  }

  #give(slot: number, to: NodeAddress, epoch: number): Move | undefined {
    if (epoch < (this.#epochs[slot] ?? -1)) return undefined
    this.#epochs[slot] = epoch
    const from = this.#owners[slot]
    this.#owners[slot] = to
    return from === to ? undefined : { from, to }
  }
}

export function addressOf({ host, port }: Pick<NodeLine, 'host' | 'port'>): NodeAddress {
  return `${host}:${port}`
}
