/** The configuration of a process: one JSON document, read once and checked; a wrong value is named in the message. */
import type { Static, TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { parsePair, SETTINGS, type Settings } from '../../../infra/stage/settings.ts'
import { type Environment, required } from './environment.ts'

export const CONFIG = 'OUTGROW_CONFIG'

/** Throws an error of one line that names the field and what it should hold. */
export function readDocument<Schema extends TSchema>(environment: Environment, schema: Schema): Static<Schema> {
  const value = parseJson(required(environment, CONFIG))
  const [wrong] = Value.Errors(schema, value)
  // The validator calls a field that nobody knows a false schema.
  if (wrong) throw new Error(`${CONFIG}: ${wrong.instancePath} ${wrong.keyword === 'boolean' ? 'is not known' : wrong.message}`)
  return value as Static<Schema>
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error(`${CONFIG} must be a JSON document, not "${text.slice(0, 40)}"`)
  }
}

/** Each value is checked as if it came from `--set`. */
export function readSettings(given: Readonly<Record<string, string | number>>): Settings {
  const missing = Object.keys(SETTINGS).filter((name) => !(name in given))
  if (missing.length > 0) throw new Error(`${CONFIG}: /settings leaves out ${missing.join(', ')}`)
  const pairs = Object.entries(given).map(([name, value]) => parsePair(`${name}=${value}`))
  return Object.freeze(Object.fromEntries(pairs)) as Settings
}
