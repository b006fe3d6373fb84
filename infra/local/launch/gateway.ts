import { listenAddress } from '../../stage/address.ts'
import type { GatewayProgram } from '../../stage/app-programs.ts'
import type { GatewayDocument } from '../../stage/gateway-document.ts'
import { redisAddress } from '../state/redis-url.ts'
import { serviceAddresses } from '../state/service-addresses.ts'
import type { Launch } from './launch.ts'
import { shopProgram } from './shop-program.ts'
import type { StageContext } from './stage-context.ts'

export function gatewayLaunch(program: GatewayProgram, context: StageContext): Promise<Launch> {
  const document = gatewayDocument(program, context)
  return shopProgram('apps/gateway/main.ts', { port: program.port, files: context.files, document })
}

type Told = Pick<StageContext, 'plan' | 'secrets'> & { readonly files: { readonly topology: string; readonly copies?: string } }

export function gatewayDocument(program: GatewayProgram, { plan, files, secrets }: Told): GatewayDocument {
  const { name, service, port, to, state, behindProxy } = program
  return {
    name,
    service,
    host: listenAddress(plan),
    port,
    services: serviceAddresses(service, to, plan, secrets),
    state: redisAddress(plan, state, program, secrets),
    ...(behindProxy && { proxyKey: secrets.proxyKey }),
    topologyFile: files.topology,
    ...(files.copies !== undefined && { copiesFile: files.copies }),
    settings: plan.settings,
  }
}
