/** The parts of a move in which its mover may be ended, by what it says. */
import { REACHED } from '../../reshard/progress-line.ts'

export type Stretch = 'copy' | 'follow' | 'fence' | 'switch' | 'drop'

type Begins = {
  readonly stretch: Stretch
  /** What the mover says when it has come there. */
  readonly says: string
  /** It is ended within so long afterwards, by chance. */
  readonly lastsMs: number
}

const BEGINS: readonly Begins[] = [
  { stretch: 'copy', says: 'copying', lastsMs: 150 },
  { stretch: 'follow', says: 'following', lastsMs: 60 },
  { stretch: 'fence', says: REACHED.fenced, lastsMs: 6 },
  { stretch: 'switch', says: REACHED.moved, lastsMs: 0 },
  { stretch: 'drop', says: REACHED.dropping, lastsMs: 150 },
]

export function beginOf(stretch: Stretch): Begins {
  const begins = BEGINS.find((one) => one.stretch === stretch)
  if (!begins) throw new Error(`no mover says that it comes to ${stretch}`)
  return begins
}

/** What a mover was doing whose last line this is; undefined where its bucket was moved already, or it had not begun. */
export function stretchAfter(line: string): Stretch | undefined {
  return AFTER.find(([says]) => line.includes(says))?.[1]
}

const AFTER: readonly (readonly [says: string, stretch: Stretch])[] = [
  [REACHED.begun, 'copy'],
  ['copying', 'copy'],
  [REACHED.copied, 'follow'],
  ['following', 'follow'],
  [REACHED.followed, 'follow'],
  ['comparing', 'follow'],
  [REACHED.compared, 'follow'],
  [REACHED.ready, 'fence'],
  [REACHED.fenced, 'fence'],
  [REACHED.drained, 'fence'],
  [REACHED.moved, 'switch'],
  [REACHED.dropping, 'drop'],
]
