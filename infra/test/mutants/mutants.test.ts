import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type Mutant, planted } from './mutant.ts'
import { MUTANTS } from './mutants.ts'

const LEAST = 40
const mutant: Mutant = { file: 'a.ts', line: 'b()', instead: 'c()', foundBy: 'a.test.ts', why: '' }

test('a fault is planted in its line alone', () => {
  expect(planted('a()\n  b() // why\n  a(b())\n', mutant)).toBe('a()\nc()\n  a(b())\n')
})

test.each(['a()\n', 'b()\nb()\n'])('a line that is not there once is an error: %j', (text) => {
  expect(() => planted(text, mutant)).toThrow('a.ts has')
})

test('the list follows the code: each line is there once, and so is the test that must find it', () => {
  expect(MUTANTS.length).toBeGreaterThanOrEqual(LEAST)
  for (const one of MUTANTS) {
    const text = readFileSync(one.file, 'utf8')
    expect(planted(text, one), `${one.file}: ${one.line}`).not.toBe(text)
    expect(existsSync(one.foundBy), one.foundBy).toBe(true)
    expect(one.foundBy).toMatch(/^(?:apps|infra|loadtests)\/.*\.test\.ts$/)
    expect(one.why).not.toBe('')
  }
})

test('no fault is in the list twice', () => {
  expect(new Set(MUTANTS.map(({ file, line }) => `${file} ${line}`)).size).toBe(MUTANTS.length)
})
