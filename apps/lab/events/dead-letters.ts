import { isEvent, MOST_LETTERS, replayDeadLetters } from '../../platform/inbox/dead-letters.ts'
import { type DeadLetter, selectDeadLetters } from '../../platform/inbox/queries.ts'
import { KEYS } from '../../platform/redis/keys.ts'
import { type Command, CommandError, parseCommandLine } from '../runner/command.ts'
import { runningStage } from '../runner/running-stage.ts'
import { type EventPlaces, withEvents } from './places.ts'

const usage = 'npm run lab -- dead-letters [list | show NUMBER | replay [NUMBER]] [--consumer NAME] [--stage 6] [--json]'
const options = {
  stage: { type: 'string', default: '6' },
  consumer: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const

type Asked = { readonly what: string; readonly number?: number; readonly consumer?: string }
/** What is printed, as data and for people. */
type Answer = { readonly data: unknown; readonly text: string }

export const deadLettersCommand: Command = {
  summary: 'what consumers of events could not do: which, why, and once more',
  usage,
  async run(args) {
    const { values, positionals } = parseCommandLine(args, options, usage)
    const asked = { ...askedBy(positionals), ...(values.consumer !== undefined && { consumer: values.consumer }) }
    const { data, text } = await withEvents(await runningStage(values.stage), (places) => deadLetters(places, asked))
    console.log(values.json ? JSON.stringify(data, null, 2) : text)
    return 0
  },
}

function askedBy([what = 'list', number, ...rest]: readonly string[]): Asked {
  const isKnown = Object.hasOwn(ANSWERS, what) && rest.length === 0 && (number === undefined || /^\d{1,15}$/.test(number))
  if (!isKnown || (what === 'show') !== (what === 'show' && number !== undefined)) throw new CommandError(`usage: ${usage}`)
  return { what, ...(number !== undefined && { number: Number(number) }) }
}

export function deadLetters(places: EventPlaces, asked: Asked): Promise<Answer> {
  const answer = ANSWERS[asked.what as keyof typeof ANSWERS]
  return answer(places, asked)
}

const ANSWERS = { list, show, replay }

async function list({ inbox }: EventPlaces, { what: _, ...filter }: Asked): Promise<Answer> {
  const letters = await selectDeadLetters(inbox, filter, MOST_LETTERS)
  return { data: { letters: letters.map(toJson) }, text: letters.map(line).join('\n') || 'no dead letters' }
}

async function show({ inbox }: EventPlaces, { number }: Asked): Promise<Answer> {
  const [letter] = await selectDeadLetters(inbox, number === undefined ? {} : { number }, 1)
  if (!letter) throw new CommandError(`there is no dead letter ${number}`)
  return { data: toJson(letter), text: `${line(letter)}\n${JSON.stringify(JSON.parse(letter.fields), null, 2)}` }
}

async function replay({ inbox, redis }: EventPlaces, { what: _, ...filter }: Asked): Promise<Answer> {
  const all = await selectDeadLetters(inbox, filter, MOST_LETTERS)
  const sent = await replayDeadLetters({ db: inbox, redis, stream: KEYS.orderEvents('all') }, filter)
  const left = all.length - sent.length
  const text = `${sent.length} sent again; what is done is gone from the list${left > 0 ? `; ${left} were written by no outbox and stay` : ''}`
  return { data: { replayed: sent.length, left }, text }
}

function line(letter: DeadLetter): string {
  const { number, died_at, consumer, subject, event_id, reason } = letter
  const what = isEvent(letter) ? `${subject} ${event_id}` : `entry ${event_id}`
  return `${number}  ${died_at.toISOString()}  ${consumer}  ${what}: ${reason}`
}

function toJson({ fields, died_at, event_id, ...rest }: DeadLetter) {
  return { ...rest, eventId: event_id, diedAt: died_at.toISOString(), fields: JSON.parse(fields) }
}
