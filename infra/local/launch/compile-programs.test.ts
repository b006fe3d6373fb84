import { symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { runProgram } from '../../process/run-program.ts'
import { testFolder } from '../../process/test-folder.ts'
import { lastChange } from './compile-programs.ts'
import { nodeProgram } from './node-program.ts'

/** Whether a process that has read a program had to make JavaScript of it itself. */
const TELL = "await import(process.argv[1]); console.log(process.moduleLoadList.some((name) => name.includes('amaro')))"

test('no program of a stage has to make JavaScript for itself', { timeout: 60_000 }, async () => {
  vi.stubEnv('OUTGROW_SERVERS', testFolder())
  for (const entry of ['apps/shop/main.ts', 'apps/bank/main.ts', 'infra/mysql/keeper/main.ts']) {
    const { path, args, env } = await nodeProgram(entry, testFolder(), {})
    const tell = { path, args: [...args.slice(0, -1), '--input-type=module', '--eval', TELL, ...args.slice(-1)], env }
    const { stdout, stderr } = await runProgram(tell, { deadlineMs: 30_000, over: {}, cwd: '/' })
    expect([entry, stdout, stderr]).toEqual([entry, 'false\n', ''])
  }
})

test('what an editor leaves beside a source keeps no stage from starting', () => {
  const folder = testFolder()
  const source = join(folder, 'source.ts')
  writeFileSync(source, '')
  utimesSync(source, 5, 5)
  symlinkSync('somebody@a-host.1234', join(folder, '.#source.ts'))
  expect(lastChange(folder)).toBe(5_000)
})
