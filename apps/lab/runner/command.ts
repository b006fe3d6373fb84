import { type ParseArgsConfig, parseArgs } from 'node:util'

/** One word behind `node apps/lab/main.ts`. */
export type Command = {
  /** One line for the list of commands. */
  readonly summary: string
  readonly usage: string
  /** Answers the exit status: 0 only when all that was asked is done. */
  run(args: string[]): Promise<number>
}

/** What the person at the keyboard can put right: printed as one line, exit status 1. */
export class CommandError extends Error {
  override name = 'CommandError'
  readonly status: number = 1
}

/** What was asked for cannot be meant, so nothing was begun. */
export class InputError extends CommandError {
  override name = 'InputError'
  override readonly status = 2
}

type Options = NonNullable<ParseArgsConfig['options']>

/** Node's own strict parser, with the first sentence of its complaints: the others, on the same line or below, are advice. */
export function parseCommandLine<const Known extends Options>(args: string[], options: Known, usage: string) {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true })
  } catch (error) {
    throw new CommandError(`${complaintOf((error as Error).message)}; usage: ${usage}`)
  }
}

function complaintOf(text: string): string {
  const option = /use '(\S+)=-XYZ'/.exec(text)?.[1]
  if (option !== undefined) return `${option} takes a value; one that starts with a dash is written ${option}=-…`
  return text.split(/\.(?:\s|$)/, 1)[0] ?? text
}

/** Progress for the person who waits. Standard error, as standard output may have to carry one JSON document. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`)
}
