/**
 * Node makes JavaScript of TypeScript by a compiler that takes 20 MiB of each program which needs it, for good; and it keeps the outcome when
 * a process ends. So where anything has changed since, one process that ends at once does it for all.
 */
import { createHash } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type Command, compiledFolder } from '../../process/command.ts'
import { runProgram } from '../../process/run-program.ts'
import { CHECKOUT } from '../state/data-folder.ts'

/** Each only starts where it is what Node was started with. */
const ENTRIES = ['apps/shop/main.ts', 'apps/gateway/main.ts', 'apps/bank/main.ts', 'infra/mysql/keeper/main.ts']
const SOURCES = ['apps', 'infra']
const IMPORT_ALL = 'for (const file of process.argv.slice(1)) await import(file)'
const DEADLINE_MS = 30_000

/** By checkouts. */
const compiling = new Map<string, Promise<void>>()

/** `node` is run as programs are: compiled with other options for V8, code would be of no use to them. Never throws. */
export function compilePrograms(checkout: string, node: (...args: readonly string[]) => Command): Promise<void> {
  const known = compiling.get(checkout) ?? compile(checkout, node).catch(() => undefined)
  compiling.set(checkout, known)
  return known
}

async function compile(checkout: string, node: (...args: readonly string[]) => Command): Promise<void> {
  if (isCompiled(checkout)) return
  const files = ENTRIES.map((entry) => path.join(checkout, entry))
  const program = node('--input-type=module', '--eval', IMPORT_ALL, ...files)
  const { status } = await runProgram(program, { deadlineMs: DEADLINE_MS, over: {}, cwd: '/' })
  if (status === 0) await writeFile(stampOf(checkout), '')
}

/** Since the last change of a source. Versions of Node that differ have folders of their own in there, and compile for themselves. */
function isCompiled(checkout: string): boolean {
  const doneAt = changedAt(stampOf(checkout))
  return SOURCES.every((folder) => lastChange(path.join(checkout, folder)) < doneAt)
}

/** Of all sources in there, in milliseconds since 1970. */
export function lastChange(folder: string): number {
  return Math.max(0, ...sourcesIn(folder).map(changedAt))
}

/** Editors make and remove files beside those that they edit, and links that lead nowhere. */
function changedAt(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0
}

function sourcesIn(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return names.filter((name) => name.endsWith('.ts')).map((name) => path.join(folder, name))
}

function stampOf(checkout: string): string {
  const part = checkout === CHECKOUT ? '' : `-${createHash('sha256').update(checkout).digest('hex').slice(0, 16)}`
  return path.join(compiledFolder(), `done${part}`)
}
