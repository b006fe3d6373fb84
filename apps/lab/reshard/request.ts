import { bucketNamed } from '../../platform/process/buckets.ts'
import { CommandError, parseCommandLine } from '../runner/command.ts'

export const USAGE =
  'npm run reshard -- STAGE (--bucket B (--to SERVER | --back | --finish) | --rebalance | --add SERVER | --remove SERVER) [--dry-run] | STAGE --redis ROLE --slots N --to SERVER'

export type ReshardRequest = { readonly stage: string; readonly isDry: boolean } & (
  | { readonly kind: 'to'; readonly bucket: string; readonly to: string }
  | { readonly kind: 'back' | 'finish'; readonly bucket: string }
  | { readonly kind: 'rebalance' }
  | { readonly kind: 'add'; readonly server: string }
  | { readonly kind: 'remove'; readonly server: string }
  | { readonly kind: 'slots'; readonly role: string; readonly slots: number; readonly to: string }
)

const OPTIONS = {
  bucket: { type: 'string' },
  to: { type: 'string' },
  back: { type: 'boolean', default: false },
  finish: { type: 'boolean', default: false },
  rebalance: { type: 'boolean', default: false },
  add: { type: 'string' },
  remove: { type: 'string' },
  redis: { type: 'string' },
  slots: { type: 'string' },
  'dry-run': { type: 'boolean', default: false },
} as const

/** Throws one line for what cannot be meant. */
export function reshardRequest(args: string[]): ReshardRequest {
  const { values, positionals } = parseCommandLine(args, OPTIONS, USAGE)
  const [stage, ...rest] = positionals
  if (stage === undefined || rest.length > 0) throw new CommandError(`reshard takes one stage; usage: ${USAGE}`)
  const { bucket, to, back, finish, rebalance, add, remove, redis, slots } = values
  const wishes: ReshardRequest[] = []
  const whole = { stage, isDry: values['dry-run'] }
  const ofBucket = () => ({ ...whole, bucket: bucketOf(bucket) })
  if (to !== undefined && redis === undefined) wishes.push({ ...ofBucket(), kind: 'to', to })
  if (back) wishes.push({ ...ofBucket(), kind: 'back' })
  if (finish) wishes.push({ ...ofBucket(), kind: 'finish' })
  if (rebalance) wishes.push({ ...whole, kind: 'rebalance' })
  if (add !== undefined) wishes.push({ ...whole, kind: 'add', server: add })
  if (remove !== undefined) wishes.push({ ...whole, kind: 'remove', server: remove })
  if (redis !== undefined) wishes.push({ ...whole, kind: 'slots', role: redis, slots: slotsOf(slots), to: to ?? '' })
  const [wish] = wishes
  const isForOne = wish !== undefined && 'bucket' in wish
  if (!wish || wishes.length > 1 || (bucket !== undefined && !isForOne))
    throw new CommandError(`reshard does one thing at a time; usage: ${USAGE}`)
  return wish
}

function bucketOf(text = ''): string {
  const bucket = /^\d{1,2}$/.test(text) ? bucketNamed(Number(text)) : undefined
  if (bucket === undefined) throw new CommandError(`there is no bucket "${text}"; there are 00 to 63`)
  return bucket
}

function slotsOf(text = ''): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new CommandError(`--slots takes how many slots are to be moved, not "${text}"`)
  return Number(text)
}
