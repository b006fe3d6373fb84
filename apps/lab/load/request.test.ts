import { expect, test } from 'vitest'
import { CommandError } from '../runner/command.ts'
import { parseLoadRequest } from './request.ts'

test('passes on what was said and warms up by default', () => {
  expect(parseLoadRequest(['3', 'checkout', '--rate', '2.5', '--duration', '1m', '--json'])).toEqual({
    stage: '3',
    workload: 'checkout',
    env: { RATE: '2.5', DURATION: '1m', WARM_UP: '10s' },
    json: true,
    runtime: 'local',
    sizeCpu: 0.15,
  })
})

test.each([
  [[], 'usage: npm run load'],
  [['3'], 'usage: npm run load'],
  [['3', 'browse', 'more'], 'usage: npm run load'],
  [['3', 'nope'], 'there is no workload "nope"; there are: browse, checkout'],
  [['3', 'constructor'], 'there is no workload "constructor"'],
  [['3', 'browse', '--rate', '0'], '--rate must be'],
  [['3', 'browse', '--duration', '30'], '--duration must be'],
  [['3', 'browse', '--warm-up', 'x'], '--warm-up must be'],
  [['3', 'browse', '--shape', 'square'], 'no load shape is called "square"; there are: steady, ramp, spike'],
  [['3', 'browse', '--unsized'], '--unsized is for --runtime compose here'],
  [['3', 'browse', '--runtime', 'podman'], '--runtime takes local or compose'],
  [['3', 'browse', '--unknown'], "Unknown option '--unknown'"],
])('refuses %j with one line', (args, message) => {
  expect(() => parseLoadRequest(args)).toThrow(CommandError)
  expect(() => parseLoadRequest(args)).toThrow(message)
  expect(() => parseLoadRequest(args)).not.toThrow(/\n/)
})
