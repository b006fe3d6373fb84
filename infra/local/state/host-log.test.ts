import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { testFolder } from '../../process/test-folder.ts'
import { SupervisedProgram } from '../run/supervised-program.ts'
import { hostLog, lastLines, limitLogs } from './host-log.ts'

const WITHIN = { timeout: 20_000, interval: 20 }

it('a log that grows too large while its program writes starts again, and one older copy is kept', async () => {
  const folder = testFolder()
  const log = hostLog(folder, 'node')
  const program = await writerOf(log)
  const firstLine = lineAt(log)
  await vi.waitFor(() => expect(statSync(log).size).toBeGreaterThan(1_000), WITHIN)
  const older = firstLine()
  limitLogs(folder, 1_000)
  expect(readFileSync(`${log}.1`, 'utf8').split('\n')[0]).toBe(older)
  // Of the same program, from the start of the file on: without holes, and later than what was copied.
  await vi.waitFor(() => expect(firstLine()).toMatch(/^line \d+$/), WITHIN)
  expect(Number(firstLine().slice(5))).toBeGreaterThan(Number(older.slice(5)))
  await vi.waitFor(() => expect(statSync(log).size).toBeGreaterThan(1_000), WITHIN)
  limitLogs(folder, 1_000)
  expect(Number(readFileSync(`${log}.1`, 'utf8').split('\n')[0]?.slice(5))).toBeGreaterThan(Number(older.slice(5)))
  expect(program.restarts).toBe(0)
})

it('leaves small logs and other files alone', () => {
  const folder = testFolder()
  const [small, other] = [hostLog(folder, 'db'), path.join(folder, 'notes.txt')]
  writeFileSync(small, 'x'.repeat(1_000))
  writeFileSync(other, 'x'.repeat(2_000))
  limitLogs(folder, 1_000)
  expect([small, other].map((file) => statSync(file).size)).toEqual([1_000, 2_000])
  expect(existsSync(`${small}.1`)).toBe(false)
})

it('tells the last lines of a log that was emptied since', () => {
  const log = hostLog(testFolder(), 'node')
  writeFileSync(log, 'the reason\n')
  expect(lastLines(log, 50_000)).toEqual(['the reason'])
  expect(lastLines(log, 0)).toEqual(['the reason'])
  expect(lastLines(log, 4)).toEqual(['reason'])
})

/** A program of a stage, started as one, that writes a numbered line every few milliseconds. */
async function writerOf(log: string): Promise<SupervisedProgram> {
  const code = 'let count = 0; setInterval(() => console.log("line", count++), 1)'
  const launch = {
    path: process.execPath,
    args: ['-e', code],
    env: {},
    ready: async () => {},
    answers: async () => {},
    readyWithinMs: 10_000,
    stopWithinMs: 5_000,
  }
  const program = new SupervisedProgram('app-1', { launch, log, place: (command) => command, changed: () => {}, restarts: true })
  onTestFinished(() => program.stop())
  await program.start()
  return program
}

function lineAt(log: string): () => string {
  return () => readFileSync(log, 'utf8').split('\n', 1)[0] ?? ''
}
