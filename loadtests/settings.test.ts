import { expect, test } from 'vitest'
import { loadSettings } from './settings.ts'
import { SHAPES } from './shapes.ts'
import { WORKLOADS } from './workloads.ts'

test('takes the defaults of the workload, and what is said instead', () => {
  expect(loadSettings({}, WORKLOADS.spike)).toMatchObject({ rate: 3, durationS: 60, shape: 'spike', p95Ms: 1_000, warmUpS: 0 })
  const said = { BASE_URL: 'http://127.0.0.1:4003/', RATE: '12.5', DURATION: '2m', WARM_UP: '5s', SHAPE: 'ramp', P95_MS: '100' }
  const expected = { baseUrl: 'http://127.0.0.1:4003', rate: 12.5, durationS: 120, warmUpS: 5, shape: 'ramp', p95Ms: 100 }
  expect(loadSettings(said, WORKLOADS.browse)).toMatchObject(expected)
})

test.each([12, 13, 14, 60, 61])('a spike of %i s takes as long as it says', (seconds) => {
  const { rate, durationS, shape } = loadSettings({ SHAPE: 'spike', DURATION: `${seconds}s` }, WORKLOADS.browse)
  const steps = SHAPES[shape](rate, durationS).steps
  expect(steps.reduce((sum, step) => sum + step.seconds, 0)).toBe(seconds)
})

test('a flash sale is not warmed up: its pieces are for the measured buyers', () => {
  expect(loadSettings({ WARM_UP: '5s' }, WORKLOADS['flash-sale']).warmUpS).toBe(0)
})

test.each([
  [{ RATE: '0' }, 'RATE must be'],
  [{ RATE: '1e3' }, 'RATE must be'],
  [{ RATE: '-1' }, 'RATE must be'],
  [{ DURATION: '30' }, 'DURATION must be'],
  [{ DURATION: '0s' }, 'DURATION must be'],
  [{ DURATION: '2h' }, 'DURATION must be'],
  [{ SHAPE: 'spike', DURATION: '5s' }, 'DURATION must be at least 12s for the shape spike, not "5s"'],
  [{ SHAPE: 'spike', DURATION: '11s' }, 'DURATION must be at least 12s for the shape spike, not "11s"'],
  [{ SHAPE: 'square' }, 'no load shape is called "square"'],
  [{ SHAPE: 'toString' }, 'no load shape is called "toString"'],
  [{ SEED: '1.5' }, 'SEED must be'],
  [{ BASE_URL: 'http://example.com:80' }, 'BASE_URL must be'],
  [{ BASE_URL: 'https://127.0.0.1:4001' }, 'BASE_URL must be'],
  [{ BASE_URL: 'http://127.0.0.1.example.com:80' }, 'BASE_URL must be'],
  [{ BASE_URL: 'http://127.0.0.1:80@example.com' }, 'BASE_URL must be'],
])('refuses %j', (env, message) => {
  expect(() => loadSettings(env, WORKLOADS.browse)).toThrow(message)
})
