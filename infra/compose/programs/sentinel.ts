import { usersOf } from '../../local/launch/sentinel.ts'
import { placeOf } from '../../local/state/database-url.ts'
import { sentinelConfig } from '../../redis/sentinel-config.ts'
import { addressOf, listenAddress } from '../../stage/address.ts'
import type { SentinelProgram } from '../../stage/redis-programs.ts'
import { DATA, STAGE } from '../places.ts'
import type { ComposeContext, ProgramFiles } from '../program-files.ts'
import { ask, labLogin } from './redis.ts'
import { becoming, script } from './script.ts'

const CONFIG = `${DATA}/sentinel.conf`

/** What it has learned and decided it keeps, as it must: votes are given once. */
export function sentinelFiles({ name, port, group, quorum }: SentinelProgram, context: ComposeContext): ProgramFiles {
  const { plan, secrets } = context
  const first = plan.programs.find((program) => program.kind === 'redis' && program.group === group)?.name ?? group
  const place = { port, listenOn: listenAddress(plan), hostName: addressOf(plan, name), folder: DATA }
  const { sentinelPassword } = secrets
  const known = { group, primary: placeOf(plan, first), quorum, users: usersOf({ group }, plan, secrets), sentinelPassword }
  return {
    'sentinel.conf': sentinelConfig({ ...place, ...known }),
    start: script(
      'Starts with what it is told at first, and later with what it has written down.',
      `[ -f ${CONFIG} ] || cp ${STAGE}/${name}/sentinel.conf ${CONFIG}`,
      ...becoming({ path: 'redis-server', args: [CONFIG, '--sentinel'], env: {} }),
    ),
    health: script(
      'Does it know a primary that answers, and enough others to replace it?',
      ...labLogin(context),
      `${ask(port)} SENTINEL CKQUORUM ${group} | grep -q ^OK`,
    ),
  }
}
