/** What the figures were measured on, so that nobody compares them with another machine's. */
import { execFileSync } from 'node:child_process'
import { cpus, release, totalmem, type } from 'node:os'
import type { Results } from '../results.ts'
import type { Servers } from '../runtimes.ts'

/** `limits`: how hosts have their size. */
export function machineOf({ database, haproxy, k6 }: Servers, limits: string): Results['machine'] {
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
    limits,
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
