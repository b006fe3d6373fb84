import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { testFolder } from './test-folder.ts'

/** Writes many lines by each way while the disk is full, and one more once there is room. */
const PROGRAM = `
  import { rmSync } from 'node:fs'
  import { setTimeout as sleep } from 'node:timers/promises'
  import { fastify } from 'fastify'
  import { logStream, outliveFullLog } from '${path.join(import.meta.dirname, 'outlive-full-log.ts')}'
  outliveFullLog()
  const { log } = fastify({ logger: { level: 'warn', stream: logStream } })
  const all = (line) => [console.error, console.log, (text) => log.warn(text)].forEach((write) => write(line))
  for (let count = 0; count < 1_000; count++) { all('while it is full'); if (count % 100 === 0) await sleep(1) }
  rmSync(process.argv[1], { force: true })
  all('there is room again')
  await sleep(100)`

it('outlives a log that takes nothing', () => {
  const { status, signal } = run('/dev/full', 'nothing')
  expect([status, signal]).toEqual([0, null])
})

it('goes on with its log once there is room', ({ skip }) => {
  const disk = testFolder()
  if (!mountSmallDisk(disk)) return skip('a file system of its own takes the right to mount one')
  onTestFinished(() => void execFileSync('umount', [disk]))
  const [log, filler] = [path.join(disk, 'app.log'), path.join(disk, 'filler')]
  fill(filler)
  const { status } = run(log, filler)
  expect(status).toBe(0)
  expect(readFileSync(log, 'utf8').match(/there is room again/g)).toHaveLength(3)
})

function run(log: string, filler: string) {
  const script = `exec "$0" --input-type=module -e "$1" -- "$2" >>"$3" 2>&1`
  const args = ['-c', script, process.execPath, PROGRAM, filler, log]
  return spawnSync('sh', args, { cwd: import.meta.dirname, timeout: 20_000 })
}

function fill(file: string): void {
  try {
    for (;;) writeFileSync(file, Buffer.alloc(64 * 1024), { flag: 'a' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  }
}

function mountSmallDisk(disk: string): boolean {
  return process.platform === 'linux' && spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]).status === 0
}
