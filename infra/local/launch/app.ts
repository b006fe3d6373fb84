import { listenAddress } from '../../stage/address.ts'
import type { AppDocument } from '../../stage/app-document.ts'
import type { AppProgram } from '../../stage/app-programs.ts'
import { storeNames } from '../../stage/store-addresses.ts'
import { httpUrlOf } from '../state/database-url.ts'
import { redisAddress } from '../state/redis-url.ts'
import { arrowSecret, type Secrets } from '../state/secrets.ts'
import { serviceAddresses } from '../state/service-addresses.ts'
import { storeConfig } from '../state/store-config.ts'
import type { Launch } from './launch.ts'
import { shopProgram } from './shop-program.ts'
import type { StageContext } from './stage-context.ts'

export function appLaunch(program: AppProgram, { plan, files, secrets }: StageContext): Promise<Launch> {
  const document = appDocument(program, { plan, files, secrets, host: plan.settings.databaseHost })
  return shopProgram('apps/shop/main.ts', { port: program.port, files, document, checkout: program.build?.folder })
}

type Told = Pick<StageContext, 'plan' | 'secrets'> & {
  readonly files: { readonly topology: string; readonly copies?: string; readonly outbox: string }
  /** Where it looks for databases, if not where they are. */
  readonly host?: string
}

export function appDocument(program: AppProgram, { plan, files, secrets, host }: Told): AppDocument {
  const { name, service, port, modules, data, remote, callers, cache, state, events, bank, behindProxy } = program
  return {
    name,
    service,
    host: listenAddress(plan),
    port,
    modules: [...modules],
    remote: serviceAddresses(service, remote, plan, secrets),
    ...(callers.length > 0 && { callers: callersOf(program, secrets) }),
    stores: Object.fromEntries(Object.values(data).map((store) => [store.name, storeConfig(store, plan, secrets, host)])),
    data: storeNames(data),
    ...(cache && { cache: redisAddress(plan, cache, program, secrets) }),
    ...(state && { state: redisAddress(plan, state, program, secrets) }),
    ...(events && { events: redisAddress(plan, events, program, secrets) }),
    duty: dutyOf(program),
    ...(bank && { bankUrl: httpUrlOf(plan, bank) }),
    ...(behindProxy && { proxyKey: secrets.proxyKey }),
    topologyFile: files.topology,
    ...(files.copies !== undefined && { copiesFile: files.copies }),
    outboxFile: files.outbox,
    codeKey: secrets.codeKey,
    settings: plan.settings,
  }
}

function callersOf({ service, callers }: AppProgram, secrets: Secrets): AppDocument['callers'] {
  return callers.map(({ name, passesOn }) => {
    return { name, secret: arrowSecret(secrets, name, service), ...(passesOn && { passesOn: true as const }) }
  })
}

function dutyOf({ kind, hasWorker }: AppProgram): AppDocument['duty'] {
  if (kind === 'worker') return 'work'
  return hasWorker ? 'requests' : 'requests and work'
}
