import { errorFiles, haproxyConfig } from '../../haproxy/config.ts'
import type { HaproxyProgram } from '../../stage/plan.ts'
import { STAGE } from '../places.ts'
import type { ComposeContext, ProgramFiles } from '../program-files.ts'
import { httpHealth } from './http-health.ts'
import { becoming, script } from './script.ts'

export function haproxyFiles(program: HaproxyProgram, { plan, secrets }: ComposeContext): ProgramFiles {
  const folder = `${STAGE}/${program.name}`
  const { proxyKey } = secrets
  return {
    'haproxy.cfg': haproxyConfig(plan, program, { folder, socketFolder: '/tmp', proxyKey }),
    ...Object.fromEntries(errorFiles(program)),
    // -db keeps it in the foreground, one process.
    start: script(
      'Becomes the load balancer.',
      ...becoming({ path: 'haproxy', args: ['-db', '-f', `${folder}/haproxy.cfg`], env: {} }),
    ),
    health: httpHealth(program.port, '/products?limit=1'),
  }
}
