import type { ServerKind } from './server-program.ts'

/** Throws the one message that says what is missing and every way to get it. */
export function missingServer(kind: ServerKind): never {
  throw new Error(`${kind.needs} is missing; ${waysToGet(kind)}`)
}

/** The same for a server that could not be fetched; where the machine is at fault, other ways would fail too. */
export function unfetchedServer(kind: ServerKind, error: unknown): never {
  const reason = reasonOf(error)
  const cannotFetch = `cannot fetch ${kind.needs}: ${reason}`
  throw new Error(/^(the disk is full|no permission|the kit)/.test(reason) ? cannotFetch : `${cannotFetch}; ${waysToGet(kind)}`)
}

function waysToGet(kind: ServerKind): string {
  const ways = [
    `install it with your package manager (Homebrew: brew install ${kind.formulas[0]})`,
    ...(kind.name === 'k6' ? ['install Go 1.24 or newer and run this again'] : []),
    `name one in ${kind.variable}`,
    ...(kind.name === 'k6' ? ['name a mirror of its releases in OUTGROW_K6_RELEASES'] : []),
  ]
  return `${ways.join(', or ')}, or run Outgrow in a Debian container (Docker or Docker Compose, image node:24)`
}

/** One line that says why something failed, for the person at the keyboard. */
export function reasonOf(error: unknown): string {
  const text = (error instanceof Error ? error.message : String(error)).replace(/\s*\n\s*/g, ' ').trim()
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (text.startsWith('the disk is full')) return text
  if (code === 'ENOSPC' || NO_SPACE.test(text)) return `the disk is full (${text})`
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return `no permission (${text})`
  if (NO_NETWORK.test(text)) return `no network (${text})`
  return text
}

/** As the C library, apt and MySQL's and MariaDB's logs say it. */
const NO_SPACE = /no space left|enough free space|error (number )?28\b/i
const NO_NETWORK = /resolve|unable to connect|could not connect|failed to fetch|timed? ?out|unable to fetch/i
