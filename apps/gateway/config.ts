import { LOOPBACK } from '../../infra/stage/address.ts'
import { GatewayDocument } from '../../infra/stage/gateway-document.ts'
import type { Settings } from '../../infra/stage/settings.ts'
import { readDocument, readSettings } from '../platform/process/document.ts'
import type { Environment } from '../platform/process/environment.ts'

export type GatewayConfig = Readonly<Omit<GatewayDocument, 'settings'>> & { readonly host: string; readonly settings: Settings }

/** Frozen. Throws an error of one line that names the field and what it should hold. */
export function readGatewayConfig(environment: Environment): GatewayConfig {
  const document = readDocument(environment, GatewayDocument)
  const settings = readSettings(document.settings)
  if (settings.sessions !== 'redis') throw new Error('a gateway finds sessions in Redis alone: it needs sessions=redis')
  return Object.freeze({ host: LOOPBACK, ...document, settings })
}
