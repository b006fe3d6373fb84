/** The stage's own programs. What they are told comes in variables, as on this machine. */
import path from 'node:path'
import { appDocument } from '../../local/launch/app.ts'
import { consumersDocument } from '../../local/launch/consumers.ts'
import { environmentOf } from '../../local/launch/failover.ts'
import { gatewayDocument } from '../../local/launch/gateway.ts'
import { nodeCommand } from '../../local/launch/node-program.ts'
import { storesDocument } from '../../local/launch/prepare-shop.ts'
import { CHECKOUT } from '../../local/state/data-folder.ts'
import { topologyOf } from '../../local/state/topology-file.ts'
import { listenAddress } from '../../stage/address.ts'
import type { AppProgram, ConsumersProgram, GatewayProgram } from '../../stage/app-programs.ts'
import type { BankProgram, FailoverProgram, Program } from '../../stage/plan.ts'
import { MYSQL_VERSION } from '../images.ts'
import { LOOKUP_THREADS } from '../lookups.ts'
import { DATA, OUTBOX, STAGE } from '../places.ts'
import type { ComposeContext, ProgramFiles } from '../program-files.ts'
import { httpHealth } from './http-health.ts'
import { becoming, script } from './script.ts'

export function appFiles(program: AppProgram, { plan, secrets }: ComposeContext): ProgramFiles {
  const files = { topology: topologyFileOf(program), outbox: `${OUTBOX}/outbox.jsonl` }
  return shopFiles('apps/shop/main.ts', program, { plan, document: appDocument(program, { plan, secrets, files }) })
}

export function consumersFiles(program: ConsumersProgram, { plan, secrets }: ComposeContext): ProgramFiles {
  const files = { topology: topologyFileOf(program), mails: `${OUTBOX}/mails` }
  return shopFiles('apps/consumers/main.ts', program, { plan, document: consumersDocument(program, { plan, secrets, files }) })
}

export function gatewayFiles(program: GatewayProgram, { plan, secrets }: ComposeContext): ProgramFiles {
  const files = { topology: topologyFileOf(program) }
  return shopFiles('apps/gateway/main.ts', program, { plan, document: gatewayDocument(program, { plan, secrets, files }) })
}

export function keeperFiles(program: FailoverProgram, { plan, secrets }: ComposeContext): ProgramFiles {
  const environment = environmentOf(program, { plan, secrets, flavour: 'mysql', version: MYSQL_VERSION, folder: DATA })
  return { start: nodeStart('infra/mysql/keeper/main.ts', environment), health: httpHealth(program.port, '/health') }
}

export function bankFiles({ name, port }: BankProgram, { plan }: ComposeContext): ProgramFiles {
  const place = { OUTGROW_NAME: name, OUTGROW_HOST: listenAddress(plan), OUTGROW_PORT: String(port) }
  const environment = { ...place, OUTGROW_LEDGER: `${DATA}/ledger.jsonl` }
  return { start: nodeStart('apps/bank/main.ts', environment), health: httpHealth(port, '/health/live') }
}

/** Makes the shop's tables and demo data, and ends. */
export function prepareFiles(context: ComposeContext): ProgramFiles {
  return { start: nodeStart('apps/shop/prepare.ts', { OUTGROW_STORES: JSON.stringify(storesDocument(context)) }) }
}

function topologyFileOf({ name }: Pick<Program, 'name'>): string {
  return `${STAGE}/${name}/topology.json`
}

type Told = Pick<ComposeContext, 'plan'> & { readonly document: object }

/** What serves shoppers. */
function shopFiles(entry: string, { port }: Pick<Program, 'port'>, { plan, document }: Told): ProgramFiles {
  return {
    'topology.json': topologyOf(plan, null),
    start: nodeStart(entry, { NODE_ENV: 'production', OUTGROW_CONFIG: JSON.stringify(document) }),
    health: httpHealth(port, '/health/ready'),
  }
}

function nodeStart(entry: string, env: Readonly<Record<string, string>>): string {
  return script(`Becomes ${entry}.`, ...becoming(nodeCommand([path.join(CHECKOUT, entry)], STAGE, { ...LOOKUP_THREADS, ...env })))
}
