/** Asks a program what it is; that it answers is also the proof that it runs here. */
import { runProgram } from '../process/run-program.ts'
import type { Flavour, Invocation, ServerKind, ServerName, ServerProgram } from './server-program.ts'

const VERSION_DEADLINE_MS = 20_000

/** Throws one line when the program does not run, is something else, or is too old. */
export async function identifyServer(kind: ServerKind, invocation: Invocation): Promise<ServerProgram> {
  const { path, args, env } = invocation
  const { status, stdout, stderr } = await runProgram(
    { path, args: [...args, ...kind.versionArgs], env },
    { deadlineMs: VERSION_DEADLINE_MS },
  )
  if (status !== 0) throw new Error(`${path} does not run: ${lastLine(stderr) || lastLine(stdout) || `exit status ${status}`}`)
  const found = parseVersion(kind.name, stdout)
  if (found === undefined) throw new Error(`${path} is not ${kind.needs}: it says "${lastLine(stdout)}"`)
  if (isTooOld(kind, found)) throw new Error(`${path} is ${found.flavour} ${found.version}, too old: ${kind.needs} is needed`)
  return { name: kind.name, ...invocation, ...found }
}

type Identity = { readonly flavour: Flavour; readonly version: string }

export function parseVersion(name: ServerName, output: string): Identity | undefined {
  const pattern = {
    mysql: /\bVer (\d+\.\d+\.\d+)(-MariaDB)?/,
    redis: /(?:Redis|Valkey) server v=(\d+\.\d+\.\d+)/,
    haproxy: /HA-?Proxy version (\d+\.\d+[.\d]*)/,
    k6: /\bk6 v(\d+\.\d+\.\d+)/,
  }
  const [text, version, mariadb] = pattern[name].exec(output) ?? []
  if (text === undefined || version === undefined) return undefined
  if (text.startsWith('Valkey')) return { flavour: 'valkey', version }
  return { flavour: mariadb === undefined ? name : 'mariadb', version }
}

function isTooOld(kind: ServerKind, { flavour, version }: Identity): boolean {
  const [oldestMajor, oldestMinor] = kind.oldest[flavour] ?? [0, 0]
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major < oldestMajor || (major === oldestMajor && minor < oldestMinor)
}

export function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1)?.trim() ?? ''
}
