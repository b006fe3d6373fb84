/** Where a comparison runs its stages, and what that makes of its hosts and servers. */
import path from 'node:path'
import { engineHere, NO_CONTAINER_SIZES_BECAUSE } from '../../../infra/compose/container-sizes.ts'
import { SERVER_IMAGES } from '../../../infra/compose/images.ts'
import { hostSizer, NO_SIZES_BECAUSE } from '../../../infra/local/hosts/size.ts'
import { dataFolder } from '../../../infra/local/state/data-folder.ts'
import { locateServer } from '../../../infra/servers/locate-server.ts'
import { SERVER_KINDS, type ServerProgram } from '../../../infra/servers/server-program.ts'
import { identifyServer } from '../../../infra/servers/version.ts'
import type { Runtime } from '../../../infra/stage/address.ts'
import type { Plan } from '../../../infra/stage/plan.ts'
import { say } from '../runner/command.ts'
import type { Contestant } from './request.ts'
import type { ComparedStage, StartOptions } from './stages/compared-stage.ts'
import { requireComposeContestants, startComposeStages } from './stages/compose-stages.ts'
import { startStages } from './stages/local-stages.ts'

/** Of the stages; `rig` answers the load generator at its fastest. */
export type Servers = Readonly<Record<'database' | 'haproxy' | 'k6' | 'rig', ServerProgram>>

/** `noteOn` says what is not as elsewhere about these. */
type Sizes = { readonly by: string; noteOn?(plans: readonly Plan[]): string | undefined } | { readonly none: string }

type CompareRuntime = {
  /** Throws one line where these cannot be compared there. */
  require(contestants: readonly Contestant[]): Promise<void>
  /** How hosts get their size, or why they cannot. */
  sizes(): Promise<Sizes>
  servers(): Promise<Servers>
  start(contestants: readonly Contestant[], options: StartOptions): Promise<ComparedStage[]>
}

export const RUNTIMES: Readonly<Record<Runtime, CompareRuntime>> = {
  local: { require: async () => {}, sizes: localSizes, servers: localServers, start: startStages },
  compose: { require: requireComposeContestants, sizes: dockerSizes, servers: imageServers, start: startComposeStages },
}

async function localSizes(): Promise<Sizes> {
  const sizer = hostSizer(path.join(dataFolder(), 'compare'))
  return sizer ? { by: sizer.about } : { none: NO_SIZES_BECAUSE }
}

async function dockerSizes(): Promise<Sizes> {
  const { canLimit, about } = await engineHere()
  return canLimit ? { by: about, noteOn: noteOnSharedHosts } : { none: NO_CONTAINER_SIZES_BECAUSE }
}

function noteOnSharedHosts(plans: readonly Plan[]): string | undefined {
  const shared = plans.flatMap(({ name, hosts }) => (hosts.some(({ programs }) => programs.length > 1) ? [name] : []))
  if (shared.length === 0) return undefined
  return `Docker limits each container by itself: programs that share a host of ${shared.join(', ')} have equal parts of it and lend each other none, so that it carries less than with npm start`
}

async function localServers(): Promise<Servers> {
  const k6 = await locateServer('k6', { onProgress: say })
  const database = await locateServer('mysql', { onProgress: say })
  const haproxy = await locateServer('haproxy', { onProgress: say })
  return { k6, database, haproxy, rig: haproxy }
}

/** What answers the load generator runs here, as that does. */
async function imageServers(): Promise<Servers> {
  const k6 = await locateServer('k6', { onProgress: say })
  const rig = await locateServer('haproxy', { onProgress: say })
  return { k6, database: await inImage('mysql', 'mysqld'), haproxy: await inImage('haproxy', 'haproxy'), rig }
}

function inImage(name: 'mysql' | 'haproxy', program: string): Promise<ServerProgram> {
  const args = ['run', '--rm', '--network', 'none', SERVER_IMAGES[name], program]
  return identifyServer(SERVER_KINDS[name], { path: 'docker', args, env: {} })
}
