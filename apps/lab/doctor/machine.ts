import path from 'node:path'
import { hostSizer, NO_SIZES_BECAUSE } from '../../../infra/local/hosts/size.ts'
import { leftoversOf } from '../../../infra/local/run/leftovers.ts'
import { listenError } from '../../../infra/local/run/ports.ts'
import { dataFolder, portBase, stageFiles } from '../../../infra/local/state/data-folder.ts'
import { freeMegabytes } from '../../../infra/local/state/disk.ts'
import { liveRunner } from '../../../infra/local/state/stage-lock.ts'
import { portOwner } from '../../../infra/process/port-owner.ts'
import { isFetchable, locateServer } from '../../../infra/servers/locate-server.ts'
import type { ServerName } from '../../../infra/servers/server-program.ts'
import { openKit } from '../../../infra/setup/kit.mjs'
import { loadStage, stageNames } from '../../../infra/stage/catalogue.ts'
import { planOf } from '../../../infra/stage/plan.ts'
import type { Finding } from './finding.ts'
import { machineNow, workshopFinding } from './workshop.ts'

const OLDEST_NODE = 24
const NEEDED_FREE_MB = 500

/** What the stages need of the machine, and in the end whether all is there for a workshop, where that is asked. Downloads nothing. */
export async function machineFindings({ forWorkshop }: { readonly forWorkshop: boolean }): Promise<Finding[]> {
  const servers = await Promise.all((['mysql', 'redis', 'haproxy', 'k6'] as const).map(server))
  const stages = await Promise.all(stageNames().map(stage))
  const freeMb = await freeMegabytes(await nearestFolder(dataFolder()))
  const findings = [node(), ...servers, disk(freeMb), sizes(), ...stages]
  return forWorkshop ? [...findings, workshopFinding(findings, machineNow(freeMb))] : findings
}

function node(): Finding {
  const ok = Number.parseInt(process.versions.node, 10) >= OLDEST_NODE
  return {
    subject: 'Node',
    ok,
    detail: `${process.version} at ${process.execPath}${ok ? '' : `; ${OLDEST_NODE} or newer is needed`}`,
  }
}

async function server(name: ServerName): Promise<Finding> {
  try {
    const { flavour, version, path } = await locateServer(name, { mayFetch: false })
    return { subject: name, ok: true, detail: `${flavour} ${version} at ${path}` }
  } catch (error) {
    return notHereYet(name)
      .catch((broken) => failed(name, broken))
      .then((finding) => finding ?? failed(name, error))
  }
}

/** Undefined where it is not going to be. */
async function notHereYet(name: ServerName): Promise<Finding | undefined> {
  const kit = await openKit()
  if (kit?.parts[name]) return { subject: name, ok: true, detail: `not here yet; it is in the kit ${kit.place}` }
  if (!isFetchable(name)) return undefined
  return { subject: name, ok: true, detail: 'not here yet; the first start that needs it fetches it', isFetched: true }
}

function failed(subject: string, error: unknown): Finding {
  return { subject, ok: false, detail: (error as Error).message }
}

function disk(free: number): Finding {
  return { subject: 'disk', ok: free >= NEEDED_FREE_MB, detail: `${Math.floor(free)} MB free for ${dataFolder()}` }
}

async function nearestFolder(folder: string): Promise<string> {
  return freeMegabytes(folder).then(
    () => folder,
    () => nearestFolder(path.dirname(folder)),
  )
}

/** Being unsized is no failure: everything runs, and figures are labelled so. */
function sizes(): Finding {
  const sizer = hostSizer(dataFolder())
  return { subject: 'sizes of hosts', ok: true, detail: sizer ? `set by ${sizer.about}` : `none: ${NO_SIZES_BECAUSE}` }
}

async function stage(name: string): Promise<Finding> {
  const files = stageFiles(name)
  const subject = `stage ${name}`
  const runner = liveRunner(files.lock)
  if (runner) return { subject, ok: true, detail: `runs, under process ${runner.pid}` }
  const left = leftoversOf(files)
  if (left.length > 0) {
    const pids = left.map(({ pid }) => pid).join(', ')
    return { subject, ok: false, detail: `a killed run left the processes ${pids}; "npm stop" ends them` }
  }
  return await portFinding(name)
}

async function portFinding(name: string): Promise<Finding> {
  const { programs } = planOf(await loadStage(name), { portBase: portBase() })
  const ports = programs.map(({ port }) => port).sort((a, b) => a - b)
  const taken: number[] = []
  for (const port of ports) if (await listenError(port)) taken.push(port)
  const [first, ...others] = taken
  const subject = `stage ${name}`
  if (first === undefined) return { subject, ok: true, detail: `does not run; its ports ${ports.join(', ')} are free` }
  const more = others.length > 0 ? `, and ${others.length} more of its ports are taken` : ''
  return { subject, ok: false, detail: `port ${first} is taken by ${portOwner(first)}${more}` }
}
