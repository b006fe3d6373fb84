/** A stage of npm start, with data and ports of its own: what else runs here is left alone. */
import { readdir, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { freePortBase } from '../../../infra/local/run/free-port-base.ts'
import { dataFolder } from '../../../infra/local/state/data-folder.ts'
import { locateServer } from '../../../infra/servers/locate-server.ts'
import type { ServerProgram } from '../../../infra/servers/server-program.ts'
import type { Stage } from '../../../infra/stage/topology.ts'
import { CommandError } from '../runner/command.ts'
import { labProcess } from '../runner/lab-process.ts'
import { loadShop } from './load.ts'
import type { Subject } from './measure.ts'

const NEVER = new AbortController().signal

export async function localSubject({ number, name }: Stage, k6: ServerProgram | undefined): Promise<Subject> {
  const data = path.join(dataFolder(), 'measure')
  const base = await freePortBase()
  const env = { OUTGROW_DATA: data, OUTGROW_PORT_BASE: String(base) }
  const lab = (signal: AbortSignal, ...args: string[]) => runLab(args, env, signal)
  await rm(data, { recursive: true, force: true })
  const { flavour, version } = await locateServer('mysql')
  return {
    stage: name,
    runtime: `npm start, ${flavour === 'mariadb' ? 'MariaDB' : 'MySQL'} ${version}`,
    start: async (signal) => void (await lab(signal, 'start', String(number), '--detach')),
    stop: async () => void (await lab(NEVER, 'stop')),
    remove: async () => {
      await lab(NEVER, 'stop')
      await rm(data, { recursive: true, force: true })
    },
    memoryMiB: async () => memoryIn(await lab(NEVER, 'status', '--json')),
    diskMb: () => diskMb(data),
    load: async (signal) => {
      if (k6) await loadShop(`http://127.0.0.1:${base + number}`, k6, signal)
      return k6 !== undefined
    },
  }
}

/** Answers what it printed. It ends in order when it is no longer wanted. */
async function runLab(args: readonly string[], env: Readonly<Record<string, string>>, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted()
  const { child, done } = labProcess(args, env)
  const end = () => void child.kill('SIGTERM')
  signal.addEventListener('abort', end)
  const { status, out, error } = await done
  signal.removeEventListener('abort', end)
  signal.throwIfAborted()
  if (status === 0) return out
  throw new CommandError(
    error
      .trim()
      .split('\n')
      .at(-1)
      ?.replace(/^error: /, '') || `${args[0]} ended with ${status}`,
  )
}

type Status = { stages: { runtime: string; hosts: { memoryMiB: number | null }[] }[] }

function memoryIn(text: string): number | null {
  const { stages }: Status = JSON.parse(text)
  const sizes = stages.filter(({ runtime }) => runtime === 'local').flatMap(({ hosts }) => hosts.map((host) => host.memoryMiB))
  return sizes.length === 0 || sizes.includes(null) ? null : sizes.reduce((sum: number, one) => sum + (one ?? 0), 0)
}

/** What its files take of the disk, holes left out. */
async function diskMb(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true })
  const sizes = await Promise.all(
    entries.map((entry) =>
      stat(path.join(folder, entry)).then(
        ({ blocks }) => blocks,
        () => 0,
      ),
    ),
  )
  return (sizes.reduce((sum, blocks) => sum + blocks, 0) * 512) / 1_000_000
}
