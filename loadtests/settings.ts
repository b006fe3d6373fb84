/**
 * What can be said to a load script with `-e NAME=value`, read in one place. A wrong value ends the script before its first request.
 */
import { SHAPES, type ShapeName } from './shapes.ts'
import type { Workload } from './workloads.ts'

export type LoadSettings = {
  readonly baseUrl: string
  /** Journeys a second, to one decimal. */
  readonly rate: number
  readonly durationS: number
  /** Load at the same rate before the measured part, in seconds: a fresh Node process compiles what it runs often. */
  readonly warmUpS: number
  readonly shape: ShapeName
  readonly seed: number
  /** The 95th percentile of a journey, without its think time, that the run must keep. */
  readonly p95Ms: number
  /** Pause between the steps of a journey. */
  readonly thinkMs: number
  /** The shop's own limit for one account: shoppers are logged in to stay below it. */
  readonly ordersPerMinute: number
}

type Env = Readonly<Record<string, string | undefined>>

export function loadSettings(env: Env, workload: Workload): LoadSettings {
  const settings = {
    baseUrl: loopbackUrl(env.BASE_URL ?? 'http://127.0.0.1:4001'),
    rate: number(env, 'RATE', workload.rate, { min: 0.1, max: 10_000, decimals: 1 }),
    durationS: seconds(env, 'DURATION', workload.durationS, 1),
    warmUpS: workload.warmUp ? seconds(env, 'WARM_UP', 0, 0) : 0,
    shape: shape(env.SHAPE || workload.shape),
    seed: number(env, 'SEED', 1, { min: 0, max: 2_147_483_647 }),
    p95Ms: number(env, 'P95_MS', workload.p95Ms, { min: 1, max: 60_000 }),
    thinkMs: number(env, 'THINK_MS', 0, { min: 0, max: 60_000 }),
    ordersPerMinute: number(env, 'ORDERS_PER_MINUTE', 100, { min: 1, max: 1_000_000 }),
  }
  refuseShorterThanShape(settings)
  return settings
}

/** A load that takes longer than it says would be told as a rate that was never offered. */
function refuseShorterThanShape({ shape, rate, durationS }: LoadSettings): void {
  const takes = SHAPES[shape](rate, durationS).steps.reduce((sum, { seconds }) => sum + seconds, 0)
  if (takes > durationS) throw new Error(`DURATION must be at least ${takes}s for the shape ${shape}, not "${durationS}s"`)
}

/** Load is for one's own machine: a mistyped address must not become an attack on somebody else. k6 has no `URL`. */
function loopbackUrl(text: string): string {
  const parts = /^http:\/\/(127\.\d{1,3}\.\d{1,3}\.\d{1,3}|localhost|\[::1\]):\d{1,5}\/?$/.exec(text)
  if (parts === null)
    throw new Error(`BASE_URL must be http, loopback and have a port, like http://127.0.0.1:4001, not "${text}"`)
  return text.replace(/\/$/, '')
}

type Range = { min: number; max: number; decimals?: number }

function number(env: Env, name: string, fallback: number, { min, max, decimals = 0 }: Range): number {
  const text = env[name]
  if (text === undefined || text === '') return fallback
  const value = Number(text)
  const pattern = decimals === 0 ? /^\d+$/ : /^\d+(\.\d)?$/
  if (pattern.test(text) && value >= min && value <= max) return value
  throw new Error(
    `${name} must be a number from ${min} to ${max}${decimals === 0 ? '' : ' with at most one decimal'}, not "${text}"`,
  )
}

function seconds(env: Env, name: string, fallback: number, min: number): number {
  const text = env[name]
  if (text === undefined || text === '') return fallback
  const value = parseSeconds(text)
  if (value !== undefined && value >= min && value <= 3_600) return value
  throw new Error(`${name} must be from ${min}s to 1h, like 30s or 2m, not "${text}"`)
}

/** `30s`, `2m`, `1h` → whole seconds; anything else is undefined. */
function parseSeconds(text: string): number | undefined {
  const parts = /^(\d{1,5})(s|m|h)$/.exec(text)
  if (parts === null) return undefined
  const unit = parts[2] === 'h' ? 3_600 : parts[2] === 'm' ? 60 : 1
  return Number(parts[1]) * unit
}

function shape(text: string): ShapeName {
  if (Object.hasOwn(SHAPES, text)) return text as ShapeName
  throw new Error(`no load shape is called "${text}"; there are: ${Object.keys(SHAPES).join(', ')}`)
}
