import type { FastifyInstance } from 'fastify'
import type { Settings } from '../../../infra/stage/settings.ts'
import { tellSpansTo } from '../process/span.ts'

type Traced = {
  /** Of this process, and what its copies are called together. */
  readonly name: string
  readonly service: string
  readonly settings: Pick<Settings, 'tracing'>
  /** Where its spans are written, whoever else is told. */
  readonly spansFile?: string
}

/** To be called before there are other hooks, so that what they do at the end is told as well. Where nobody is told no library is loaded. */
export async function startTracing(app: Pick<FastifyInstance, 'addHook'>, { settings, ...traced }: Traced): Promise<void> {
  if (settings.tracing === 'off') return
  const { openTelemetry } = await import('./open-telemetry.ts')
  const { tracer, stop } = openTelemetry(traced)
  tellSpansTo(tracer)
  app.addHook('onClose', async () => {
    tellSpansTo(undefined)
    await stop()
  })
}
