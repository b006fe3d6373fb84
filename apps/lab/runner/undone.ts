/** What a drill has done to a stage is undone however it ends: nobody else would, and the stage goes on. */

type Undo = () => Promise<unknown>

const undos = new Set<Undo>()
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** `undo` is called once, when the work is over or whoever waits for it has had enough, which ends the process. */
export async function undone<Value>(undo: Undo, work: () => Promise<Value>): Promise<Value> {
  let undoing: Promise<unknown> | undefined
  const undoOnce = () => {
    undoing ??= undo()
    return undoing
  }
  if (undos.size === 0) for (const signal of SIGNALS) process.on(signal, interrupted)
  undos.add(undoOnce)
  try {
    return await work()
  } finally {
    await undoOnce().finally(() => forget(undoOnce))
  }
}

function forget(undo: Undo): void {
  undos.delete(undo)
  if (undos.size === 0) for (const signal of SIGNALS) process.off(signal, interrupted)
}

/** The last thing that was done comes first. */
async function interrupted(): Promise<void> {
  for (const undo of [...undos].toReversed()) await undo().catch(() => undefined)
  process.exit(130)
}
