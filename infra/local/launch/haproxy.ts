import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { errorFiles, haproxyConfig, OWN_HEALTH } from '../../haproxy/config.ts'
import { programEnvironment } from '../../process/command.ts'
import { locateServer } from '../../servers/locate-server.ts'
import type { HaproxyProgram } from '../../stage/plan.ts'
import { answersHttp, checkHealth } from './health.ts'
import type { Launch } from './launch.ts'
import type { StageContext } from './stage-context.ts'

export async function haproxyLaunch(
  program: HaproxyProgram,
  { plan, files, secrets, onProgress }: StageContext,
): Promise<Launch> {
  const server = await locateServer('haproxy', { onProgress })
  const folder = path.join(files.data, program.name)
  await mkdir(folder, { recursive: true })
  for (const [name, text] of errorFiles(program)) await writeFile(path.join(folder, name), text)
  const config = path.join(folder, 'haproxy.cfg')
  await writeFile(config, haproxyConfig(plan, program, { folder, proxyKey: secrets.proxyKey }), { mode: 0o600 })
  return {
    path: server.path,
    // -db keeps it in the foreground, one process.
    args: [...server.args, '-db', '-f', config],
    env: { ...programEnvironment(files.folder), ...server.env },
    ready: () => checkHealth(program.port, '/health/accepting'),
    answers: () => answersHttp(program.port, OWN_HEALTH),
    readyWithinMs: 20_000,
    stopWithinMs: 3_000,
  }
}
