/** The gateway's entry file. */
import { serve } from '../platform/http/serve.ts'
import { readGatewayConfig } from './config.ts'
import { buildGateway } from './gateway.ts'

if (import.meta.main) {
  await serve(
    () => readGatewayConfig(process.env),
    buildGateway,
    ({ host, port, settings, proxyKey }) => ({ host, port, drains: settings.drain === 'on', isWatched: proxyKey !== undefined }),
  )
}
