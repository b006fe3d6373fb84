import { join, resolve } from 'node:path'

/** Where servers are unpacked: in the checkout, shared by all stages, unless OUTGROW_SERVERS names another folder. */
export function serversFolder(): string {
  const checkout = join(import.meta.dirname, '../..')
  return resolve(process.env.OUTGROW_SERVERS || join(checkout, '.outgrow/servers'))
}
