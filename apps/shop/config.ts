/** The shop's configuration: one JSON document, read once, validated and frozen; a wrong value is named in the message. */
import { randomUUID } from 'node:crypto'
import { devNull } from 'node:os'
import { Value } from 'typebox/value'
import { LOOPBACK } from '../../infra/stage/address.ts'
import { AppDocument } from '../../infra/stage/app-document.ts'
import { parsePair, SETTINGS, type Settings } from '../../infra/stage/settings.ts'
import { type Environment, required } from '../platform/process/environment.ts'

const VARIABLE = 'OUTGROW_CONFIG'

export type Config = Readonly<Omit<AppDocument, 'settings'>> & {
  readonly host: string
  readonly outboxFile: string
  readonly codeKey: string
  readonly settings: Settings
}

/** Throws an error of one line that names the field and what it should hold. */
export function readConfig(environment: Environment): Config {
  const document = parseDocument(required(environment, VARIABLE))
  return Object.freeze({
    host: LOOPBACK,
    outboxFile: devNull,
    codeKey: randomUUID(),
    ...document,
    settings: readSettings(document.settings),
  })
}

function parseDocument(text: string): AppDocument {
  const value = parseJson(text)
  const [wrong] = Value.Errors(AppDocument, value)
  // The validator calls a field that nobody knows a false schema.
  if (wrong) throw new Error(`${VARIABLE}: ${wrong.instancePath} ${wrong.keyword === 'boolean' ? 'is not known' : wrong.message}`)
  const document = value as AppDocument
  for (const [module, store] of Object.entries(document.data))
    if (!(store in document.stores)) throw new Error(`${VARIABLE}: /data/${module} names "${store}", which is no store`)
  return document
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error(`${VARIABLE} must be a JSON document, not "${text.slice(0, 40)}"`)
  }
}

/** Each value is checked as if it came from `--set`. */
function readSettings(given: AppDocument['settings']): Settings {
  const missing = Object.keys(SETTINGS).filter((name) => !(name in given))
  if (missing.length > 0) throw new Error(`${VARIABLE}: /settings leaves out ${missing.join(', ')}`)
  const pairs = Object.entries(given).map(([name, value]) => parsePair(`${name}=${value}`))
  return Object.freeze(Object.fromEntries(pairs)) as Settings
}
