import type { Redis } from 'ioredis'
import { programEnvironment } from '../../process/command.ts'
import { answersRedis, askRedis } from '../../redis/server.ts'
import type { Invocation } from '../../servers/server-program.ts'
import { ANSWER_WITHIN_MS, type Launch } from './launch.ts'
import type { StageContext } from './stage-context.ts'

const ASK_TIMEOUT_MS = 1_000

type Asked = Pick<StageContext, 'files' | 'secrets'> & { readonly port: number; ready(redis: Redis): Promise<void> }

/** What speaks Redis, a Sentinel too: `ready` asks it as the lab may. */
export function redisServer(
  { path, args, env }: Invocation,
  { port, files, secrets, ready }: Asked,
): Omit<Launch, 'stopWithinMs'> {
  const lab = { port, user: 'lab', password: secrets.labPassword, timeoutMs: ASK_TIMEOUT_MS }
  return {
    path,
    args,
    env: { ...programEnvironment(files.folder), ...env },
    ready: () => askRedis(lab, ready),
    answers: () => answersRedis({ port, timeoutMs: ANSWER_WITHIN_MS }),
    // A replica first takes a copy of everything, and a node of a Cluster waits for a majority of the masters.
    readyWithinMs: 30_000,
  }
}
