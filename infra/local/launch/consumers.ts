import { listenAddress } from '../../stage/address.ts'
import type { ConsumersProgram } from '../../stage/app-programs.ts'
import type { ConsumersDocument } from '../../stage/consumers-document.ts'
import { redisAddress } from '../state/redis-url.ts'
import { serviceAddresses } from '../state/service-addresses.ts'
import { storeConfig } from '../state/store-config.ts'
import type { Launch } from './launch.ts'
import { shopProgram } from './shop-program.ts'
import type { StageContext } from './stage-context.ts'

export function consumersLaunch(program: ConsumersProgram, context: StageContext): Promise<Launch> {
  const { plan, files, secrets } = context
  const document = consumersDocument(program, { plan, files, secrets, host: plan.settings.databaseHost })
  return shopProgram('apps/consumers/main.ts', { port: program.port, files, document })
}

type Told = Pick<StageContext, 'plan' | 'secrets'> & {
  readonly files: { readonly topology: string; readonly mails: string; readonly copies?: string }
  /** Where it looks for its database, if not where that is. */
  readonly host?: string
}

export function consumersDocument(program: ConsumersProgram, { plan, files, secrets, host }: Told): ConsumersDocument {
  const { name, service, port, data, events, state, remote } = program
  return {
    name,
    service,
    host: listenAddress(plan),
    port,
    store: storeConfig(data, plan, secrets, host),
    events: redisAddress(plan, events, program, secrets),
    state: redisAddress(plan, state, program, secrets),
    services: serviceAddresses(service, remote, plan, secrets),
    ...(files.copies !== undefined && { copiesFile: files.copies }),
    mailFolder: files.mails,
    topologyFile: files.topology,
    settings: plan.settings,
  }
}
