/**
 * `npm run mutants [-- PART-OF-A-FILE-NAME…]`: plants one fault after the other in a copy of the project, and runs the test file that
 * must find it. A test that finds nothing is worth nothing. Exit status 0 only if every fault is found.
 */
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { serversFolder } from '../../servers/server-folder.ts'
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
  try {
    if (!(await passesAsItIs(copy.path, chosen))) return 1
    let missed = 0
    for (const mutant of chosen) if (!(await isFound(copy.path, mutant))) missed += 1
    const minutes = ((performance.now() - beganAt) / 60_000).toFixed(1)
    console.log(`${chosen.length - missed} of ${chosen.length} faults found in ${minutes} min`)
    return missed === 0 && chosen.length > 0 ? 0 : 1
  } finally {
    await copy.remove()
  }
}

/** A test that is red without any fault finds none. */
async function passesAsItIs(folder: string, mutants: readonly Mutant[]): Promise<boolean> {
  const files = [...new Set(mutants.map(({ foundBy }) => foundBy))]
  const { outcome, text } = await runTests(folder, files)
  if (outcome !== 'passed') console.error(`without any fault the tests are red already:\n${text.slice(-5_000)}`)
  return outcome === 'passed'
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

function runTests(folder: string, files: readonly string[]): Promise<{ outcome: Outcome; text: string }> {
  const args = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...files]
  const env = { ...process.env, OUTGROW_SERVERS: serversFolder() }
  const options = { cwd: folder, env, timeout: RUN_DEADLINE_MS, killSignal: 'SIGKILL', maxBuffer: 2 ** 26 } as const
  return new Promise((resolve) => {
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      const failed = /^\s*Tests .*\b[1-9]\d* failed/m.test(stdout)
      resolve({ outcome: error === null ? 'passed' : failed ? 'failed' : 'broken', text: stdout + stderr })
    })
  })
}
