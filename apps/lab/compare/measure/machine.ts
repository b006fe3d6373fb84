/** What the figures were measured on, so that nobody compares them with another machine's. */
import { execFileSync } from 'node:child_process'
import { cpus, release, totalmem, type } from 'node:os'
import path from 'node:path'
import { hostSizer } from '../../../../infra/local/hosts/size.ts'
import { dataFolder } from '../../../../infra/local/state/data-folder.ts'
import type { ServerProgram } from '../../../../infra/servers/server-program.ts'
import type { Results } from '../results.ts'

export type Servers = { readonly database: ServerProgram; readonly haproxy: ServerProgram; readonly k6: ServerProgram }

export function machineOf({ database, haproxy, k6 }: Servers): Results['machine'] {
  const [first] = cpus()
  return {
    cpus: cpus().length,
    cpuModel: first?.model.trim() ?? 'unknown',
    memoryMiB: Math.round(totalmem() / 1_024 / 1_024),
    os: `${type()} ${release()}`,
    node: process.version,
    database: `${database.flavour} ${database.version}`,
    haproxy: haproxy.version,
    k6: k6.version,
    limits: hostSizer(path.join(dataFolder(), 'compare'))?.about ?? 'unsized',
  }
}

/** Short, and marked when files differ from it. */
export function commitOf(folder: string): string {
  try {
    const git = (...args: string[]) =>
      execFileSync('git', ['-C', folder, ...args], {
        encoding: 'utf8',
        timeout: 5_000,
        stdio: ['ignore', 'pipe', 'ignore'],
      }).trim()
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', '--untracked-files=no') === '' ? '' : '+changes')
  } catch {
    return 'unknown'
  }
}
