import { listenAddress } from '../../stage/address.ts'
import type { GatewayProgram } from '../../stage/app-programs.ts'
import type { GatewayDocument } from '../../stage/gateway-document.ts'
import { redisAddress } from '../state/redis-url.ts'
import { serviceAddresses } from '../state/service-addresses.ts'
import { answersHttp, checkHealth } from './health.ts'
import type { Launch } from './launch.ts'
import { nodeProgram } from './node-program.ts'
import type { StageContext } from './stage-context.ts'

export async function gatewayLaunch(program: GatewayProgram, context: StageContext): Promise<Launch> {
  const { port } = program
  return {
    ...(await nodeProgram('apps/gateway/main.ts', context.files.folder, {
      NODE_ENV: 'production',
      OUTGROW_CONFIG: JSON.stringify(gatewayDocument(program, context)),
    })),
    ready: () => checkHealth(port, '/health/ready'),
    answers: () => answersHttp(port, '/health/live'),
    readyWithinMs: 40_000,
    // It ends itself after 9 s.
    stopWithinMs: 12_000,
  }
}

type Told = Pick<StageContext, 'plan' | 'secrets'> & { readonly files: { readonly topology: string } }

export function gatewayDocument(program: GatewayProgram, { plan, files, secrets }: Told): GatewayDocument {
  const { name, service, port, to, state, behindProxy } = program
  return {
    name,
    service,
    host: listenAddress(plan),
    port,
    services: serviceAddresses(service, to, plan, secrets),
    state: redisAddress(plan, state, secrets.statePassword),
    ...(behindProxy && { proxyKey: secrets.proxyKey }),
    topologyFile: files.topology,
    settings: plan.settings,
  }
}
