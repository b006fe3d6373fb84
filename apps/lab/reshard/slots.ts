import { secretsIn } from '../../../infra/local/state/secrets.ts'
import type { StageState } from '../../../infra/local/state/stage-state.ts'
import { moveSlots } from '../../../infra/redis/move-slots.ts'
import { CommandError, say } from '../runner/command.ts'

const TIMEOUT_MS = 5_000
const SAY_EVERY = 100

type Slots = { readonly role: string; readonly slots: number; readonly to: string; readonly isDry: boolean }

export async function moveRedisSlots(
  { programs, secretsFile, settings }: StageState,
  { role, slots, to, isDry }: Slots,
): Promise<string> {
  const nodes = programs.filter((program) => program.role === role && program.shard !== undefined)
  const target = nodes.find(({ name }) => name === to)
  if (nodes.length === 0) throw new CommandError(`the stage has no Redis Cluster "${role}"`)
  if (!target) throw new CommandError(`the Cluster has no node "${to}"; there are: ${nodes.map(({ name }) => name).join(', ')}`)
  if (isDry) return `${slots} slots would go to ${to}, of each other master its share; nothing was done\n`
  const login = { user: 'lab', password: secretsIn(secretsFile).labPassword, timeoutMs: TIMEOUT_MS }
  const moved = await moveSlots({
    ports: nodes.map(({ port }) => port),
    login,
    toPort: target.port,
    slots,
    moves: settings.moves,
    onMoved({ moved, of }) {
      if (moved % SAY_EVERY === 0) say(`${moved} of ${of} slots`)
    },
  })
  return `${moved.slots} slots with ${moved.keys} keys are on ${to} now\n`
}
