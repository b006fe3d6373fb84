/** Real loads by the real command line on the stages that run for the tests. They need k6; where it is not here, they say so. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import { identityOf } from '../../../infra/process/process-table.ts'
import { serversFolder } from '../../../infra/process/server-folder.ts'
import { sharedStage } from '../../../stages/tests/shared-stage.ts'
import type { LoadResult } from '../load/run-load.ts'
import { labProcess } from '../runner/lab-process.ts'

const numbers = inject('stages').map(({ stage }) => stage)
const last = Math.max(...numbers)
const hasK6 = isK6Here()
if (!hasK6)
  console.warn('skipped: loads need k6, and it is not here; the first "npm run load" gets it, or name one in OUTGROW_K6')

describe.each(numbers)('stage %i', (number) => {
  const running = sharedStage(number)

  test.runIf(hasK6)('passes the smoke test', async () => {
    const stage = running()
    const { status, out, error } = await load(stage.stateFile, [String(stage.stage), 'smoke', '--json'])
    expect({ status, error: status === 0 ? '' : error + out }).toEqual({ status: 0, error: '' })
    const result: LoadResult = JSON.parse(out)
    expect(result).toMatchObject({
      stage: stage.stage,
      workload: 'smoke',
      complete: true,
      ok: true,
      journeys: { finished: 1, failed: 0 },
    })
    expect(result.invariants.map(({ name, kept }) => [name, kept])).toEqual([
      ['stock', true],
      ['orders', true],
      ['charges', true],
    ])
  })
})

describe(`stage ${last} under load`, () => {
  const running = sharedStage(last)

  test.runIf(hasK6)('a checkout load sells, and everything adds up', async () => {
    const stage = running()
    // How fast this machine is, is not the question here.
    const args = [
      String(stage.stage),
      'checkout',
      '--rate',
      '4',
      '--duration',
      '5s',
      '--warm-up',
      '0s',
      '--p95',
      '30000',
      '--json',
    ]
    const { status, out, error } = await load(stage.stateFile, args)
    expect({ status, error: status === 0 ? '' : error + out }).toEqual({ status: 0, error: '' })
    const result: LoadResult = JSON.parse(out)
    expect(result.journeys.finished).toBeGreaterThan(15)
    const history = readFileSync(join(result.folder, 'console.log'), 'utf8')
    expect(history.split('\n').filter((line) => line.startsWith('{"kind":"payment"'))).toHaveLength(result.journeys.finished)
    expect(readdirSync(result.folder)).toEqual(expect.arrayContaining(['k6.out', 'result.json', 'summary.json']))
    expect(readFileSync(join(result.folder, 'summary.json'), 'utf8')).not.toContain('setup_data')
  })

  test.runIf(hasK6)('a load in which nothing happened is a failure', async () => {
    const stage = running()
    const args = [String(stage.stage), 'browse', '--rate', '0.1', '--duration', '1s', '--warm-up', '0s']
    const { status, out } = await load(stage.stateFile, args)
    expect(status).toBe(1)
    expect(out).toContain('✗ nothing was measured: no journey was finished')
  })

  test.runIf(hasK6)('a crossed threshold is a failure', async () => {
    const stage = running()
    const args = [String(stage.stage), 'browse', '--rate', '2', '--duration', '2s', '--warm-up', '0s', '--p95', '1']
    const { status, out } = await load(stage.stateFile, args)
    expect(status).toBe(1)
    expect(out).toContain('✗ threshold crossed: journey_duration must keep p(95)<=1')
  })

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s ends k6 as well, and leaves no session in the report',
    async (signal) => {
      const folder = mkdtempSync(join(tmpdir(), 'outgrow-load-'))
      onTestFinished(() => rmSync(folder, { recursive: true }))
      const k6 = join(folder, 'k6')
      writeFileSync(k6, standInFor(k6), { mode: 0o700 })
      const { stage, stateFile } = running()
      const args = ['load', String(stage), 'browse', '--duration', '60s']
      const run = labProcess(args, { OUTGROW_DATA: dataOf(stateFile), OUTGROW_K6: k6 })
      const pid = await vi.waitFor(() => Number(readFileSync(`${k6}.pid`, 'utf8')), { timeout: 30_000, interval: 20 })
      const summary = readFileSync(`${k6}.summary`, 'utf8')
      expect(readFileSync(summary, 'utf8')).toContain('secret-session')
      run.child.kill(signal)
      const { error } = await run.done
      expect(error).toContain('ending the load …')
      expect(identityOf(pid)).toBeUndefined()
      expect(readFileSync(summary, 'utf8')).not.toContain('secret-session')
    },
  )
})

/** A program that is called as k6 is, writes its summary at once, and ends when it is interrupted. */
function standInFor(k6: string): string {
  return `#!${process.execPath}
    const fs = require('node:fs')
    if (process.argv[2] === 'version') return console.log('k6 v1.0.0')
    process.on('SIGINT', () => process.exit(105))
    const summary = process.argv[process.argv.indexOf('--summary-export') + 1]
    fs.writeFileSync(summary, JSON.stringify({ metrics: {}, setup_data: { sids: ['secret-session'] } }))
    fs.writeFileSync('${k6}.summary', summary)
    fs.writeFileSync('${k6}.draft', String(process.pid))
    fs.renameSync('${k6}.draft', '${k6}.pid')
    setTimeout(() => {}, 60_000)
  `
}

test('a stage that does not run is named with the command that starts it', async () => {
  const { status, out, error } = await load('/nowhere/stages/3-load-balanced/state.json', ['3', 'browse'])
  expect({ status, out, error }).toEqual({
    status: 1,
    out: '',
    error: 'error: stage 3-load-balanced does not run; start it with: npm start -- 3 --detach\n',
  })
})

/** Runs the command on the data folder that holds this state file. */
function load(stateFile: string, args: string[]): Promise<{ status: number | null; out: string; error: string }> {
  return labProcess(['load', ...args], { OUTGROW_DATA: dataOf(stateFile) }).done
}

function dataOf(stateFile: string): string {
  return dirname(dirname(dirname(stateFile)))
}

/** Looks without fetching: a test must not spend minutes on building it. */
function isK6Here(): boolean {
  const onPath = (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, 'k6')))
  return Boolean(process.env.OUTGROW_K6) || onPath || existsSync(join(serversFolder(), 'k6'))
}
