import type { DatabaseAddress } from '../../../infra/stage/app-document.ts'

/** `mysql://user:password@host:port/database?name=db` */
export function parseDatabaseUrl(variable: string, text: string): DatabaseAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const database = url?.pathname.slice(1)
  if (url?.protocol !== 'mysql:' || !database) {
    throw new Error(`${variable} must look like mysql://user:password@host:3306/database, not "${text}"`)
  }
  return {
    name: url.searchParams.get('name') ?? 'db',
    // An IPv6 address stands in brackets in a URL and without them everywhere else.
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || 3306),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database,
  }
}
