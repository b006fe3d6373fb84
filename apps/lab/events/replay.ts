import { rebuildAudit } from '../../consumers/rebuild-audit.ts'
import { eventHistory } from '../../platform/events/history.ts'
import { KEYS } from '../../platform/redis/keys.ts'
import { type Command, CommandError, parseCommandLine } from '../runner/command.ts'
import { runningStage } from '../runner/running-stage.ts'
import { type EventPlaces, withEvents } from './places.ts'

const usage = 'npm run lab -- replay [--stage 6] [--json]'
const options = { stage: { type: 'string', default: '6' }, json: { type: 'boolean', default: false } } as const

export const replayCommand: Command = {
  summary: 'makes the audit of orders anew from the beginning of the stream, and from the outbox what the stream has trimmed',
  usage,
  async run(args) {
    const { values, positionals } = parseCommandLine(args, options, usage)
    if (positionals.length > 0) throw new CommandError(`replay takes nothing but options, not "${positionals[0]}"`)
    const replayed = await withEvents(await runningStage(values.stage), replay)
    const { events, fromStream, fromOutbox, missing, wrong } = replayed
    const text = `${events} events: ${fromStream} of the stream, ${fromOutbox} of the outbox; ${missing} had been missing, ${wrong} wrong`
    console.log(values.json ? JSON.stringify(replayed, null, 2) : text)
    return 0
  },
}

export async function replay({ redis, outbox, inbox }: EventPlaces) {
  const { events, fromStream, fromOutbox } = await eventHistory({ redis, stream: KEYS.orderEvents('all'), outbox })
  return { fromStream, fromOutbox, ...(await rebuildAudit(inbox, events)) }
}
