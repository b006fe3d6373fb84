import { tried } from '../../../infra/process/until.ts'

/**
 * Tells a server that hangs from one that is busy. Who hangs keeps its connections and answers nobody, and whoever waits for it would learn
 * that only at a deadline that leaves a busy one its time. A busy one answers somebody, or at least the question whether it lives.
 */
export type Silence = {
  /** Somebody waits for the server. What it returns is to be called once, when that is over, with whether the server has said something. */
  wait(): (isHeard: boolean) => void
  /** Given up until it says something again. */
  isSilent(): boolean
  /** Nobody will wait any more. */
  end(): void
}

export type SilenceParts = {
  /** Resolves with whatever the server says; throws where it says nothing, for longer than a busy one may need. */
  ask(): Promise<unknown>
  /** To be called when the silence begins: nobody waits any longer. */
  giveUp(): void
  /** To be called when it is over. */
  goOn(): void
}

/** Nobody was answered for so long while somebody waited: then it is asked … */
const QUIET_MS = 300
/** … and has so long to say something to anybody. Together they leave a request time to be told within a second. */
const ANSWER_MS = 350
/** Once it is given up one question follows the other, and the first answer ends the silence. */
const ASK_AGAIN_MS = 50

export function silenceOf({ ask, giveUp, goOn }: SilenceParts): Silence {
  let waiting = 0
  let heardAt = 0
  let isWatched = false
  let silent = false
  let ended = false
  const hear = () => {
    heardAt = performance.now()
  }
  const isAlive = async (): Promise<boolean> => {
    const askedAt = performance.now()
    await Promise.race([ask().then(hear, () => pause(ANSWER_MS)), pause(ANSWER_MS)])
    return heardAt >= askedAt
  }
  const untilHeard = async (): Promise<void> => {
    silent = true
    giveUp()
    while (!ended && (await tried(ask)) !== true) await pause(ASK_AGAIN_MS)
    silent = false
    if (!ended) goOn()
  }
  const watch = async (): Promise<void> => {
    isWatched = true
    while (waiting > 0) {
      const quietMs = performance.now() - heardAt
      if (quietMs < QUIET_MS) await pause(QUIET_MS - quietMs)
      else if (!(await isAlive()) && waiting > 0) await untilHeard()
    }
    isWatched = false
  }
  return {
    wait() {
      waiting += 1
      if (waiting === 1) hear()
      if (!isWatched) void watch()
      return (isHeard) => {
        waiting -= 1
        if (isHeard) hear()
      }
    },
    isSilent: () => silent,
    end() {
      ended = true
    },
  }
}

/** A process that was stopped itself finds the time over before it has read what is there: so it reads first. */
async function pause(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds).unref())
  await new Promise((resolve) => setImmediate(resolve))
}
