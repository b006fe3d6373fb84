import { statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { testFolder } from '../../process/test-folder.ts'
import { secretsIn } from './secrets.ts'

it('makes a password once, for nobody else to read', () => {
  const file = path.join(testFolder(), 'secrets.json')
  const first = secretsIn(file)
  expect(first.databasePassword).toMatch(/^[\w-]{24}$/)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const second = secretsIn(file)
  expect(second.databasePassword).toBe(first.databasePassword)
  expect(second.proxyKey).not.toBe(first.proxyKey)
})

it.each(['', '{}', '{"databasePassword":""}'])('does not replace a damaged file: %s', (text) => {
  const file = path.join(testFolder(), 'secrets.json')
  writeFileSync(file, text)
  expect(() => secretsIn(file)).toThrow(`cannot read ${file}`)
})
