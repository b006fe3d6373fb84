import type { FastifyInstance } from 'fastify'
import { tellingFailures } from './log.ts'

export type Background = (work: () => Promise<unknown>) => void

/**
 * For what an answer need not wait for, and may fail without anybody being told but the log, by its `name`. At most `most` pieces of
 * work are under way; what comes in addition is dropped. The app ends when they are done.
 */
export function background(app: Pick<FastifyInstance, 'addHook'>, { name, most }: { name: string; most: number }): Background {
  const running = new Set<Promise<void>>()
  const attempt = tellingFailures(name)
  app.addHook('onClose', async () => void (await Promise.all(running)))
  return (work) => {
    if (running.size >= most) return
    const done = attempt(work).finally(() => running.delete(done))
    running.add(done)
  }
}
