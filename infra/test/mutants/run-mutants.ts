/**
 * `npm run mutants [-- PART-OF-A-FILE-NAME…]`: plants one fault after the other in a copy of the project, and runs the test file that
 * must find it. A test that finds nothing is worth nothing. Exit status 0 only if every fault is found.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { runProgram } from '../../process/run-program.ts'
import { serversFolder } from '../../process/server-folder.ts'
import { copyOfProject } from './copy-of-project.ts'
import { type Mutant, planted } from './mutant.ts'
import { MUTANTS } from './mutants.ts'

const root = join(import.meta.dirname, '../../..')
/** A fault may make a test wait until its own time is over. */
const RUN_DEADLINE_MS = 300_000

process.exitCode = await main(process.argv.slice(2))

async function main(parts: readonly string[]): Promise<number> {
  const chosen = MUTANTS.filter(({ file }) => parts.length === 0 || parts.some((part) => file.includes(part)))
  const copy = await copyOfProject(root)
  const beganAt = performance.now()
  let found = 0
  try {
    for (const [foundBy, own] of Map.groupBy(chosen, (mutant) => mutant.foundBy)) found += await findAll(copy.path, foundBy, own)
  } finally {
    await copy.remove()
  }
  const minutes = ((performance.now() - beganAt) / 60_000).toFixed(1)
  console.log(`${found} of ${chosen.length} faults found in ${minutes} min`)
  return found === chosen.length && found > 0 ? 0 : 1
}

/** How many of them the test file finds; a test that is red without any fault finds none. */
async function findAll(folder: string, foundBy: string, mutants: readonly Mutant[]): Promise<number> {
  const { outcome, text } = await runTests(folder, [foundBy, '--retry=1'])
  if (outcome !== 'passed') {
    console.log(`MISSED ${mutants.length} faults, as ${foundBy} is red without any:\n${text.slice(-3_000)}`)
    return 0
  }
  let found = 0
  for (const mutant of mutants) if (await isFound(folder, mutant)) found += 1
  return found
}

async function isFound(folder: string, mutant: Mutant): Promise<boolean> {
  const { file, line, instead, foundBy, why } = mutant
  const path = join(folder, file)
  const text = await readFile(path, 'utf8')
  const beganAt = performance.now()
  await writeFile(path, planted(text, mutant))
  const { outcome } = await runTests(folder, [foundBy]).finally(() => writeFile(path, text))
  const seconds = Math.round((performance.now() - beganAt) / 1_000)
  const found = outcome === 'failed'
  console.log(`${found ? 'found ' : 'MISSED'} ${String(seconds).padStart(3)} s  ${file}: ${why}`)
  if (!found) console.log(`       ${line}\n    →  ${instead || '(nothing)'}\n       by ${foundBy}: ${outcome}`)
  return found
}

/** `broken`: no test has failed, and yet the run has: what does not even load is no fault that a test could find. */
type Outcome = 'passed' | 'failed' | 'broken'

async function runTests(folder: string, asked: readonly string[]): Promise<{ outcome: Outcome; text: string }> {
  const args = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--bail=1', ...asked]
  const vitest = { path: process.execPath, args, env: { OUTGROW_SERVERS: serversFolder() } }
  const options = { cwd: folder, deadlineMs: RUN_DEADLINE_MS }
  const { status, stdout, stderr } = await runProgram(vitest, options).catch(({ message }: Error) => {
    return { status: -1, stdout: '', stderr: message }
  })
  const failed = /^\s*Tests .*\b[1-9]\d* failed/m.test(stripVTControlCharacters(stdout))
  return { outcome: status === 0 ? 'passed' : failed ? 'failed' : 'broken', text: stdout + stderr }
}
