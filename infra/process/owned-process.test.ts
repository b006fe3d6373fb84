import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { endOwned, ownedFolder, spawnOwned } from './owned-process.ts'
import { groupMembers, processesTagged } from './process-table.ts'
import { testFolder } from './test-folder.ts'
import { SLEEP } from './test-process.ts'

const WITHIN = { timeout: 20_000, interval: 20 }
const TAG = 'OUTGROW_OWNED_TEST'

it.each(['SIGKILL', 'SIGINT'] as const)('a program and a folder are gone after their owner has had %s', async (signal) => {
  const home = testFolder()
  const owner = spawn(process.execPath, ['--input-type=module', '-e', OWNER], { env: { TMPDIR: home, [TAG]: home } })
  onTestFinished(() => void owner.kill('SIGKILL'))
  const folder = await new Promise<string>((resolve) => owner.stdout.once('data', (text) => resolve(String(text).trim())))
  await vi.waitFor(() => expect(tagged(home).length).toBeGreaterThan(1), WITHIN)
  expect(path.dirname(folder)).toBe(home)
  owner.kill(signal)
  await vi.waitFor(() => expect([tagged(home), existsSync(folder)]).toEqual([[], false]), WITHIN)
})

it('both are gone when they are told to', async () => {
  const folder = await ownedFolder('outgrow-owned-')
  const child = spawnOwned({ path: process.execPath, args: ['-e', SLEEP], env: {} })
  await endOwned(child)
  await endOwned(child)
  await folder.remove()
  expect([groupMembers(child.pid ?? 0), existsSync(folder.path)]).toEqual([[], false])
})

it('a program gets its own environment alone, and its exit status is passed on', async () => {
  const check = `process.exit(process.env.OWN === 'yes' && !process.env.PATH && !process.env.HOME ? 7 : 1)`
  const child = spawnOwned({ path: process.execPath, args: ['-e', check], env: { OWN: 'yes' } })
  onTestFinished(() => endOwned(child))
  expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(7)
})

function tagged(value: string): number[] {
  return processesTagged(TAG)
    .filter((row) => row.value === value)
    .map(({ pid }) => pid)
}

/** Owns a folder and a program that is called as itself with the same tag. */
const OWNER = `
  import { ownedFolder, spawnOwned } from ${JSON.stringify(path.join(import.meta.dirname, 'owned-process.ts'))}
  const folder = await ownedFolder('owned-')
  spawnOwned({ path: process.execPath, args: ['-e', ${JSON.stringify(SLEEP)}], env: process.env })
  console.log(folder.path)
  ${SLEEP}
`
