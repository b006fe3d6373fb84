import path from 'node:path'
import { StartError } from '../../process/start-error.ts'

export const CHECKOUT = path.resolve(import.meta.dirname, '../../..')

/** Where stages keep what they know: `.outgrow/` in the checkout, or the folder that OUTGROW_DATA names. */
export function dataFolder(env: NodeJS.ProcessEnv = process.env): string {
  return path.resolve(env.OUTGROW_DATA || path.join(CHECKOUT, '.outgrow'))
}

/** The files of one stage. */
export type StageFiles = {
  readonly folder: string
  readonly lock: string
  readonly state: string
  readonly secrets: string
  readonly topology: string
  /** Which copies services have now. */
  readonly copies: string
  /** What was added to the page's shards. */
  readonly resharding: string
  /** What the runner is asked to go over to. */
  readonly planRequest: string
  /** What the shop would mail. */
  readonly outbox: string
  /** A mailbox: a file for each mail that consumers of events have sent. */
  readonly mails: string
  /** What each program has told of its part in requests: a file each. */
  readonly spans: string
  readonly data: string
  readonly logs: string
}

export function stageFiles(stageName: string, root = dataFolder()): StageFiles {
  const folder = path.join(stagesFolder(root), stageName)
  const file = (name: string) => path.join(folder, name)
  return {
    folder,
    lock: file('runner.lock'),
    state: file('state.json'),
    secrets: file('secrets.json'),
    topology: file('topology.json'),
    copies: file('copies.json'),
    resharding: file('resharding.json'),
    planRequest: file('plan-request.json'),
    outbox: file('outbox.jsonl'),
    mails: file('mails'),
    spans: file('spans'),
    data: file('data'),
    logs: file('logs'),
  }
}

export function stagesFolder(root = dataFolder()): string {
  return path.join(root, 'stages')
}

/** First port of the block that the stages use. */
export function portBase(env: NodeJS.ProcessEnv = process.env): number {
  const text = env.OUTGROW_PORT_BASE || '4000'
  const base = Number(text)
  if (/^\d+$/.test(text) && base >= 1024 && base <= 64_000) return base
  throw new StartError(`OUTGROW_PORT_BASE is "${text}": it takes a whole number from 1024 to 64000`)
}
