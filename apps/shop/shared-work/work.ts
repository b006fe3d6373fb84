import type { Repeated } from '../../platform/process/repeated.ts'
import { type Stores, storeOf } from '../../platform/stores/connect.ts'
import type { Config } from '../config.ts'
import { leasedWork } from './leased-work.ts'

/** What goes on besides requests. */
export type Work = Repeated & {
  /** What one process does for all: a worker, where there is one; of a service that has none, one of its copies at a time. */
  work(one: Repeated): void
  /** What each process has to do itself. */
  own(one: Repeated): void
}

export function workOf({ duty, callers, name, modules: [first] }: Config, stores: Stores): Work {
  const own: Repeated[] = []
  const shared: Repeated[] = []
  const isService = callers !== undefined && duty === 'requests and work'
  return {
    work(one) {
      if (duty !== 'requests') (isService ? shared : own).push(one)
    },
    own: (one) => void own.push(one),
    start() {
      if (first && shared.length > 0) own.push(leasedWork(storeOf(stores, first).whole().writes, name, shared))
      for (const one of own) one.start()
    },
    stop: async () => void (await Promise.all(own.map((one) => one.stop()))),
  }
}
