import { LOOPBACK } from '../../infra/stage/address.ts'
import { ConsumersDocument } from '../../infra/stage/consumers-document.ts'
import type { Settings } from '../../infra/stage/settings.ts'
import { readDocument, readSettings } from '../platform/process/document.ts'
import type { Environment } from '../platform/process/environment.ts'

export type ConsumersConfig = Readonly<Omit<ConsumersDocument, 'settings'>> & {
  readonly host: string
  readonly settings: Settings
}

/** Frozen. Throws an error of one line that names the field and what it should hold. */
export function readConsumersConfig(environment: Environment): ConsumersConfig {
  const document = readDocument(environment, ConsumersDocument)
  return Object.freeze({ host: LOOPBACK, ...document, settings: readSettings(document.settings) })
}
