import type { ConnectedService } from '../platform/calls/services.ts'
import type { Way } from '../platform/http/health.ts'
import { probeRedis } from '../platform/redis/connectivity.ts'
import type { GatewayConfig } from './config.ts'

const TIMEOUT_MS = 1_000

/** Tries the way to each service, and to the sessions. */
export async function probeWays(
  { state }: Pick<GatewayConfig, 'state'>,
  services: Readonly<Record<string, ConnectedService | undefined>>,
): Promise<Way[]> {
  const each = new Map(Object.values(services).flatMap((one) => (one ? [[one.name, one] as const] : [])))
  return Promise.all([
    ...[...each.values()].map(async (one): Promise<Way> => ({ kind: 'service', name: one.name, steps: [await accepts(one)] })),
    probeRedis(state, { timeoutMs: TIMEOUT_MS }).then((steps): Way => ({ kind: 'redis', name: state.name, steps })),
  ])
}

async function accepts({ service }: ConnectedService): Promise<Way['steps'][number]> {
  const startedAt = performance.now()
  const told = (ok: boolean, detail: string) => ({ step: 'accepting', ok, detail, ms: performance.now() - startedAt })
  try {
    const sent = { method: 'GET', path: '/health/accepting', headers: {} } as const
    const { statusCode, from, body, done } = await service.send(sent, { withinMs: TIMEOUT_MS })
    await body.dump().finally(done)
    return told(statusCode === 200, `${from} answers ${statusCode}`)
  } catch (error) {
    return told(false, error instanceof Error ? error.message : String(error))
  }
}
