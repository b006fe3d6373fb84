import { randomUUID } from 'node:crypto'
import { devNull } from 'node:os'
import { LOOPBACK } from '../../infra/stage/address.ts'
import { AppDocument } from '../../infra/stage/app-document.ts'
import type { Settings } from '../../infra/stage/settings.ts'
import { CONFIG, readDocument, readSettings } from '../platform/process/document.ts'
import type { Environment } from '../platform/process/environment.ts'

export type Config = Readonly<Omit<AppDocument, 'settings'>> & {
  readonly host: string
  readonly outboxFile: string
  readonly codeKey: string
  readonly settings: Settings
}

/** Frozen. Throws an error of one line that names the field and what it should hold. */
export function readConfig(environment: Environment): Config {
  const document = readDocument(environment, AppDocument)
  requireStores(document)
  return Object.freeze({
    host: LOOPBACK,
    outboxFile: devNull,
    codeKey: randomUUID(),
    ...document,
    settings: readSettings(document.settings),
  })
}

function requireStores({ modules, data, stores }: AppDocument): void {
  for (const [module, store] of Object.entries(data))
    if (!(store in stores)) throw new Error(`${CONFIG}: /data/${module} names "${store}", which is no store`)
  const lost = modules.find((module) => data[module] === undefined)
  if (lost) throw new Error(`${CONFIG}: /data names no store for ${lost}, which runs here`)
}
