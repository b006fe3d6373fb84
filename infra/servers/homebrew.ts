import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Invocation, ServerKind } from './server-program.ts'

const PREFIXES = ['/opt/homebrew', '/usr/local', '/home/linuxbrew/.linuxbrew']

/** What Homebrew has installed but not put on the PATH (older versions such as mysql@8.4). Nothing is installed by this. */
export function homebrewPrograms(kind: ServerKind, prefixes: readonly string[] = knownPrefixes()): Invocation[] {
  const kegs = prefixes.flatMap((prefix) => kind.formulas.map((formula) => join(prefix, 'opt', formula)))
  const paths = kegs.flatMap((keg) => kind.binaries.flatMap((binary) => [join(keg, 'bin', binary), join(keg, 'sbin', binary)]))
  return paths.filter((path) => existsSync(path)).map((path) => ({ path, args: kind.firstArgs, env: {} }))
}

function knownPrefixes(): string[] {
  const own = process.env.HOMEBREW_PREFIX
  return own ? [own, ...PREFIXES] : PREFIXES
}
