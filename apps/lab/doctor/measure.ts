/** Measures what one stage needs: started from nothing, left alone, loaded, ended and started again. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Row } from './requirements.ts'

/** One stage in one runtime, all its own: nothing of it is left in the end. */
export type Subject = {
  readonly stage: string
  readonly runtime: string
  start(signal: AbortSignal): Promise<void>
  /** Its data stays. */
  stop(): Promise<void>
  remove(): Promise<void>
  memoryMiB(): Promise<number | null>
  diskMb(): Promise<number | null>
  /** Loads it for a while; false where there is nothing to load it with. */
  load(signal: AbortSignal): Promise<boolean>
}

/** After which programs have given back what a start takes. */
const REST_MS = 25_000
const SAMPLE_MS = 1_000

export async function measure(subject: Subject, signal: AbortSignal, restMs = REST_MS): Promise<Row> {
  try {
    const firstS = await secondsOf(() => subject.start(signal))
    await sleep(restMs, undefined, { signal })
    const restMiB = await subject.memoryMiB()
    const loadMiB = await mostUnderLoad(subject, signal)
    const diskMb = await subject.diskMb()
    await subject.stop()
    const againS = await secondsOf(() => subject.start(signal))
    const { stage, runtime } = subject
    return { stage, runtime, diskMb, restMiB, loadMiB, firstS, againS }
  } finally {
    await subject.remove()
  }
}

/** What all its programs take together, at the moment when that is most. */
async function mostUnderLoad(subject: Subject, signal: AbortSignal): Promise<number | null> {
  const over = new AbortController()
  const loaded = subject.load(signal).finally(() => over.abort())
  let most: number | null = null
  while (!over.signal.aborted) {
    const now = await subject.memoryMiB()
    if (now !== null && now > (most ?? 0)) most = now
    await sleep(SAMPLE_MS, undefined, { signal: over.signal }).catch(() => {})
  }
  return (await loaded) ? most : null
}

async function secondsOf(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return (performance.now() - startedAt) / 1_000
}
