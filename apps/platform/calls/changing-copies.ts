/** How a caller learns of copies that come and go while it runs: from a file that whoever starts them keeps true. */
import { readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import { Value } from 'typebox/value'
import { COPIES_PATH, CopiesDocument } from '../../../infra/stage/copies-document.ts'
import type { ConnectedService } from './services.ts'

/**
 * Answers which copies are asked, and looks at the file first: whoever has changed it asks until the answer is as it wrote it. So nobody
 * has to watch the file, and one who was away when it changed is no special case.
 */
export function followCopies(
  app: FastifyInstance,
  services: Readonly<Record<string, ConnectedService | undefined>>,
  file: string | undefined,
): void {
  // One that is asked in two ways is there twice, the usual way first.
  const all = [...new Set(Object.values(services).flatMap((one) => one ?? []))]
  app.get(COPIES_PATH, { logLevel: 'silent', schema: { hide: true } }, () => {
    const now = file === undefined ? {} : readCopies(file)
    for (const { name, service } of all) if (now[name]) service.change(now[name])
    return Object.fromEntries(all.toReversed().map(({ name, service }) => [name, service.copies()]))
  })
}

function readCopies(file: string): CopiesDocument {
  const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
  const [wrong] = Value.Errors(CopiesDocument, value)
  if (wrong) throw new Error(`${file}: ${wrong.instancePath} ${wrong.message}`)
  return value as CopiesDocument
}
