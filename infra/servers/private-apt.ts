/**
 * An apt of our own: it reads the system's sources, keys and package status and writes only below its own folder,
 * so that an ordinary user can download packages that fit this very release, and the system stays as it is.
 */
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runProgram } from '../process/run-program.ts'
import type { Invocation } from './server-program.ts'
import { lastLine } from './version.ts'

const SYSTEM_STATUS = '/var/lib/dpkg/status'
const QUERY_DEADLINE_MS = 60_000
const DOWNLOAD_DEADLINE_MS = 15 * 60_000

export type PrivateApt = {
  /** Folder into which `.deb` files are downloaded. */
  readonly archives: string
  /** Runs `apt-get` or `apt-cache` to its end. Throws its own first error line. */
  run(program: 'apt-get' | 'apt-cache', args: readonly string[]): Promise<AptOutput>
}

export type AptOutput = { readonly stdout: string; readonly stderr: string }

/**
 * Lists and packages that an interrupted run left in `folder` are used again. `forAnySystem` sees nothing installed, so that what a server
 * stands on is downloaded with it, the C library too.
 */
export async function createPrivateApt(folder: string, { forAnySystem = false } = {}): Promise<PrivateApt> {
  const archives = join(folder, 'cache/archives')
  await mkdir(join(archives, 'partial'), { recursive: true })
  await mkdir(join(folder, 'lists/partial'), { recursive: true })
  await mkdir(join(folder, 'empty'), { recursive: true })
  // A copy, because apt puts its lock beside the status file. A cut-off run may have left one that is not writable.
  await rm(join(folder, 'status'), { force: true })
  if (forAnySystem) await writeFile(join(folder, 'status'), '')
  else await copyFile(SYSTEM_STATUS, join(folder, 'status'))
  const configuration = join(folder, 'apt.conf')
  await writeFile(configuration, configurationOf(folder, await systemSettings()))
  const env = { APT_CONFIG: configuration, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' }
  return { archives, run: (program, args) => runApt({ path: program, args, env }) }
}

/** How the system reaches its archives (proxies, certificates, time-outs) and where it keeps its sources. */
async function systemSettings(): Promise<string[]> {
  const { stdout } = await runProgram({ path: 'apt-config', args: ['dump'], env: {} }, { deadlineMs: QUERY_DEADLINE_MS })
  return stdout.split('\n').filter((line) => /^(Acquire|Dir::Etc)::/.test(line) && !line.startsWith('Acquire::IndexTargets'))
}

function configurationOf(folder: string, system: readonly string[]): string {
  const own = [
    // Not the system's hooks: some of them empty the system's package cache.
    `Dir::Etc::main "${folder}/empty/none";`,
    `Dir::Etc::parts "${folder}/empty";`,
    `Dir::State "${folder}";`,
    `Dir::State::lists "${folder}/lists";`,
    `Dir::State::status "${folder}/status";`,
    `Dir::Cache "${folder}/cache";`,
    `Dir::Log "${folder}";`,
    'APT::Install-Recommends "false";',
    'APT::Install-Suggests "false";',
    'Acquire::Languages "none";',
    'Acquire::PDiffs "false";',
    'Acquire::Retries "3";',
    'Acquire::http::Timeout "20";',
    'Acquire::https::Timeout "20";',
  ]
  // The user that apt switches to as root may not be able to enter the checkout.
  if (process.getuid?.() === 0) own.push('APT::Sandbox::User "root";')
  return [...system, ...own, ''].join('\n')
}

async function runApt(invocation: Invocation): Promise<AptOutput> {
  const { status, stdout, stderr } = await runProgram(invocation, { deadlineMs: DOWNLOAD_DEADLINE_MS })
  if (status === 0) return { stdout, stderr }
  if (status === -1) throw new Error(`${invocation.path} was killed`)
  const errors = stderr.split('\n').filter((line) => line.startsWith('E: '))
  throw new Error((errors[0] ?? lastLine(stderr)).replace('E: ', '') || `${invocation.path} ended with status ${status}`)
}
