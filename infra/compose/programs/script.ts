import type { Command } from '../../process/command.ts'

/** For bash; it ends at the first step that fails. */
export function script(about: string, ...lines: readonly string[]): string {
  return [`# ${about}`, 'set -eu', ...lines, ''].join('\n')
}

/** The last line of a script: bash becomes the program. */
export function becoming({ path, args, env }: Command): string[] {
  const variables = Object.entries(env).map(([name, value]) => `export ${name}=${quoted(value)}`)
  return [...variables, `exec ${[path, ...args].map(quoted).join(' ')}`]
}

/** A word of a command, whatever is in it. */
export function quoted(word: string): string {
  return /^[\w./=:,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
