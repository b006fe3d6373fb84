/** A container in all networks of a stage, by which this machine reaches the programs that publish no port, at their own ports. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { StartError } from '../process/start-error.ts'
import { profileOf, serviceOf } from '../stage/address.ts'
import type { Plan } from '../stage/plan.ts'
import { COMPOSE_PROJECT } from './compose-file.ts'
import { docker } from './docker.ts'
import type { Forwarded } from './forward.ts'
import { SHOP_IMAGE } from './images.ts'
import { LOOKUP_OPTIONS, LOOKUP_THREADS } from './lookups.ts'
import { isEntry } from './services.ts'

const STARTS_WITHIN_MS = 60_000
const NO_RIGHTS = ['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--user', 'node']
const LOOKS_UP = [
  ...LOOKUP_OPTIONS.flatMap((option) => ['--dns-opt', option]),
  ...Object.entries(LOOKUP_THREADS).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
]

/** Answers what ends it. It ends with this process too. */
export async function startLabContainer(plan: Plan): Promise<() => Promise<void>> {
  const name = `${COMPOSE_PROJECT}-${serviceOf(plan, 'lab')}`
  const [front = '', ...others] = await networksOf(plan)
  const ports = plan.programs
    .filter((program) => !isEntry(plan, program))
    .map((program): Forwarded => ({ port: program.port, host: serviceOf(plan, program.name) }))
  const published = ports.flatMap(({ port }) => ['--publish', `127.0.0.1:${port}:${port}`])
  const place = ['run', '--rm', '--interactive', '--name', name, '--network', front, ...NO_RIGHTS, ...LOOKS_UP, ...published]
  const child = spawn('docker', [...place, SHOP_IMAGE, 'node', 'infra/compose/forward.ts', JSON.stringify(ports)], {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.stdin.on('error', () => {})
  await untilReady(child)
  const end = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.stdin.end()
    await ended
  }
  try {
    for (const network of others) await docker('network', 'connect', network, name)
  } catch (error) {
    await end()
    throw error
  }
  return end
}

/** That with a way out first: only there a port can be published. */
async function networksOf(plan: Plan): Promise<string[]> {
  const prefix = `${COMPOSE_PROJECT}_${profileOf(plan)}-`
  const names = await docker('network', 'ls', '--format', '{{.Name}}', '--filter', `name=${prefix}`)
  return names.toSorted((one, other) => Number(other === `${prefix}front`) - Number(one === `${prefix}front`))
}

async function untilReady(child: ChildProcess): Promise<void> {
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    said += text
  })
  const ready = new Promise<boolean>((resolve) => {
    child.stdout?.once('data', () => resolve(true))
    child.once('error', () => resolve(false)).once('exit', () => resolve(false))
    setTimeout(() => resolve(false), STARTS_WITHIN_MS).unref()
  })
  if (await ready) return
  child.kill('SIGKILL')
  throw new StartError(`the laboratory’s container does not start: ${said.trim().split('\n').at(-1) || 'it says nothing'}`)
}
