import { expect, it } from 'vitest'
import { CommandError, parseCommandLine } from './command.ts'

const OPTIONS = { rate: { type: 'string' }, json: { type: 'boolean' } } as const

it.each([
  [['--rate', '-5'], '--rate takes a value; one that starts with a dash is written --rate=-…; usage: npm run load'],
  [['--rate'], "Option '--rate <value>' argument missing; usage: npm run load"],
  [['--speed'], "Unknown option '--speed'; usage: npm run load"],
  [['--json=yes'], "Option '--json' does not take an argument; usage: npm run load"],
])('%j is refused with one line', (args, line) => {
  expect(() => parseCommandLine(args, OPTIONS, 'npm run load')).toThrow(new CommandError(line))
})

it('reads what is right, values that hold a full stop too', () => {
  const { values, positionals } = parseCommandLine(['1', '--rate', '0.5. x'], OPTIONS, 'npm run load')
  expect([values.rate, positionals]).toEqual(['0.5. x', ['1']])
})
