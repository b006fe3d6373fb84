import { type ChildProcess, spawn } from 'node:child_process'
import path from 'node:path'
import { compiledFolder } from '../../../infra/process/command.ts'

/** No command that another one runs takes so long. */
const DEADLINE_MS = 10 * 60_000

type Ended = { readonly status: number | null; readonly out: string; readonly error: string }

/** The command line as a process of its own, for tests and drills. `said` grows while it runs. */
export type LabProcess = {
  readonly child: ChildProcess
  readonly said: { readonly out: string; readonly error: string }
  readonly done: Promise<Ended>
}

/** Runs `node apps/lab/main.ts` with these arguments; `env` is laid over our own environment. */
export function labProcess(args: readonly string[], env: Readonly<Record<string, string>>): LabProcess {
  const main = path.join(import.meta.dirname, '../main.ts')
  const environment = { ...process.env, NODE_COMPILE_CACHE: compiledFolder(), ...env }
  const child = spawn(process.execPath, [main, ...args], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: DEADLINE_MS,
  })
  const said = { out: '', error: '' }
  child.stdout.on('data', (chunk) => {
    said.out += chunk
  })
  child.stderr.on('data', (chunk) => {
    said.error += chunk
  })
  const done = new Promise<Ended>((resolve) => child.once('close', (status) => resolve({ status, ...said })))
  return { child, said, done }
}
