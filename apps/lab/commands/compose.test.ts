import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { expect, test } from 'vitest'

function compose(...args: string[]) {
  const main = path.join(import.meta.dirname, '../main.ts')
  const { status, stderr } = spawnSync(process.execPath, [main, 'compose', ...args], { encoding: 'utf8', timeout: 20_000 })
  return { status, said: stderr.trim() }
}

test('says whether the file is as the stages say', () => {
  expect(compose('--check')).toEqual({ status: 0, said: 'docker-compose.yml is as the stages say' })
})

test('takes no stage', () => {
  expect(compose('3')).toEqual({
    status: 1,
    said: 'error: compose takes no stage: docker-compose.yml has all of them, as profiles',
  })
})
