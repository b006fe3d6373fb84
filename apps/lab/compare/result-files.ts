import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Value } from 'typebox/value'
import { writeAtomically } from '../../../infra/process/atomic-file.ts'
import { CommandError } from '../runner/command.ts'
import { Results, SCHEMA_VERSION } from './results.ts'

export const RESULTS_FILE = 'results.json'

/** Throws one line that says what is wrong with the file. */
export function readResults(file: string): Results {
  const content = parse(file, read(file))
  const version = (content as { schemaVersion?: unknown } | null)?.schemaVersion
  if (version !== SCHEMA_VERSION) {
    const found = version === undefined ? 'no report of compare' : `of schema ${version}`
    throw new CommandError(`${file} is ${found}; this version reads schema ${SCHEMA_VERSION}`)
  }
  if (Value.Check(Results, content)) return content
  const [first] = Value.Errors(Results, content)
  throw new CommandError(
    `${file} is damaged: ${first?.instancePath || 'the document'} ${first?.message ?? 'does not fit the schema'}`,
  )
}

/** The old file stays whole if the disk is full: earlier rounds are not lost. */
export function writeResults(results: Results, folder: string): void {
  const file = path.join(folder, RESULTS_FILE)
  try {
    writeAtomically(file, `${JSON.stringify(results, null, 2)}\n`)
  } catch (error) {
    throw new CommandError(`cannot write ${file}: ${reasonOf(error)}`)
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new CommandError(`cannot read ${file}: ${reasonOf(error)}`)
  }
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new CommandError(`${file} is damaged: it is not JSON`)
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOSPC: 'the disk is full',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
}

export function reasonOf(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException
  return REASONS[code] ?? message
}
