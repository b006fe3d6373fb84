/** The entry file of the consumers of events. */
import { serve } from '../platform/http/serve.ts'
import { buildConsumers } from './app.ts'
import { readConsumersConfig } from './config.ts'

if (import.meta.main) {
  await serve(
    () => readConsumersConfig(process.env),
    buildConsumers,
    ({ host, port, settings }) => ({ host, port, drains: settings.drain === 'on', isWatched: false }),
  )
}
