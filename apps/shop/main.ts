/** The shop's entry file, of a monolith as of each service. */
import { serve } from '../platform/http/serve.ts'
import { buildShop } from './app.ts'
import { readConfig } from './config.ts'

if (import.meta.main) {
  await serve(
    () => readConfig(process.env),
    buildShop,
    ({ host, port, settings, proxyKey, callers }) => {
      return { host, port, drains: settings.drain === 'on', isWatched: proxyKey !== undefined || callers !== undefined }
    },
  )
}
