/** Random values after a JSON schema, and values that break it; the same seed makes the same values. */
import { seededRandom } from '../../apps/platform/process/random.ts'
import type { JsonSchema } from '../contract/http/openapi.ts'

export type Random = {
  /** 0 ≤ n < below. */
  below(below: number): number
  chance(share: number): boolean
  pick<Value>(values: readonly Value[]): Value
}

export function randomOf(seed: number): Random {
  const next = seededRandom(seed)
  const below = (limit: number) => Math.floor(next() * limit)
  return {
    below,
    chance: (share) => next() < share,
    pick: <Value>(values: readonly Value[]) => {
      if (values.length === 0) throw new Error('nothing to pick from')
      return values[below(values.length)] as Value
    },
  }
}

/** A value that the schema should take; `known` gives real values for fields by name, such as ids that exist. */
export function validValue(schema: JsonSchema, random: Random, known: Record<string, readonly unknown[]> = {}): unknown {
  const choices = (schema.anyOf ?? schema.oneOf ?? []) as JsonSchema[]
  if (choices.length > 0) return validValue(random.pick(choices), random, known)
  if (Array.isArray(schema.enum)) return random.pick(schema.enum)
  if ('const' in schema) return schema.const
  switch (schema.type) {
    case 'object':
      return validObject(schema, random, known)
    case 'array':
      return validList(schema, random, known)
    case 'integer':
    case 'number':
      return (
        Number(schema.minimum ?? 0) +
        random.below(Math.min(1_000, Number(schema.maximum ?? 1_000) - Number(schema.minimum ?? 0) + 1))
      )
    case 'boolean':
      return random.chance(0.5)
    case 'string':
      return validText(schema, random)
    default:
      return null
  }
}

function validObject(schema: JsonSchema, random: Random, known: Record<string, readonly unknown[]>): object {
  const required = (schema.required ?? []) as string[]
  const fields = Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>)
  const kept = fields.filter(([name]) => required.includes(name) || random.chance(0.5))
  return Object.fromEntries(
    kept
      .slice(0, Number(schema.maxProperties ?? kept.length))
      .map(([name, field]) => [
        name,
        known[name] && random.chance(0.8) ? random.pick(known[name]) : validValue(field, random, known),
      ]),
  )
}

function validList(schema: JsonSchema, random: Random, known: Record<string, readonly unknown[]>): unknown[] {
  const least = Number(schema.minItems ?? 0)
  const length = least + random.below(Math.min(3, Number(schema.maxItems ?? 3) - least) + 1)
  return Array.from({ length }, () => validValue((schema.items ?? {}) as JsonSchema, random, known))
}

/** Patterns are not read: most of what they take is letters and digits; an address has an @, and a time is of any year up to 2109. */
function validText(schema: JsonSchema, random: Random): string {
  const pattern = String(schema.pattern ?? '')
  if (schema.format === 'email' || pattern.includes('@')) return `fuzz-${random.below(2 ** 31)}@example.com`
  if (schema.format === 'date-time') return new Date(random.below(2 ** 42)).toISOString()
  if (pattern.includes('[1-9]')) return String(1 + random.below(100))
  const least = Math.max(1, Number(schema.minLength ?? 1))
  const most = Math.min(Number(schema.maxLength ?? 40), least + 40)
  return Array.from({ length: least + random.below(most - least + 1) }, () => random.pick([...'abcXYZ019_-'])).join('')
}

/** The value with one part of it broken: another type, a boundary, a missing or an additional field. */
export function broken(value: unknown, random: Random): unknown {
  if (Array.isArray(value) && value.length > 0 && random.chance(0.7)) {
    const at = random.below(value.length)
    return random.chance(0.2) ? Array(30).fill(value[at]) : value.with(at, broken(value[at], random))
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && random.chance(0.85))
    return brokenObject(value, random)
  return random.pick(STRANGE)
}

function brokenObject(value: object, random: Random): object {
  const fields = Object.entries(value)
  if (fields.length === 0 || random.chance(0.15)) return { ...value, [random.pick(STRANGE_NAMES)]: random.pick(STRANGE) }
  const [name, field] = random.pick(fields)
  if (random.chance(0.15)) return Object.fromEntries(fields.filter(([other]) => other !== name))
  return { ...value, [name]: broken(field, random) }
}

/** Text for a place in a path or a query. */
export function strangeText(random: Random): string {
  const value = random.pick(STRANGE)
  return typeof value === 'string' ? value : JSON.stringify(value)
}

const STRANGE_NAMES = ['role', 'id', 'constructor', 'toString', '', '\u0000', '$where', 'length', 'é', 'x'.repeat(300)]

const STRANGE: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1,
  0.1,
  -0.5,
  100,
  101,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  -(2 ** 63),
  1e300,
  '',
  ' ',
  '0',
  '-1',
  'true',
  'null',
  'NaN',
  '1e309',
  '\u0000',
  'a\r\nb',
  '\ud800',
  '\udfff\ud800',
  '\u202e\ufeff',
  '👩‍👩‍👧',
  'é\u0301'.repeat(50),
  '\uffff',
  "'; DROP TABLE orders; --",
  '%00%ff',
  '../../etc/passwd',
  '#{7*7}',
  '<script>',
  'x'.repeat(256),
  'x'.repeat(10_000),
  'prd_00001',
  [],
  [[]],
  [null],
  {},
  { a: 1 },
  { toString: 'x' },
  { length: 3 },
]
