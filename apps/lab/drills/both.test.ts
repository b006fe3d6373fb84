import { expect, it } from 'vitest'
import { describeVerdict, judge, unprotectedStarts } from './both.ts'
import type { Drill } from './drill.ts'
import type { DrillName } from './drills.ts'
import type { Outcome } from './run-drill.ts'

const drill = (...unprotected: Drill['unprotected']) => ({ unprotected }) as unknown as Drill
const outcome = (...wrong: string[]) => ({ wrong }) as unknown as Outcome
const KILL = 'kill-app' as DrillName
const ROLL = 'rolling-restart' as DrillName

it('starts the stage once for each setting, and runs what must see it', () => {
  const drills = {
    [KILL]: drill({ set: ['redispatch=off'], finds: 'failed' }, { set: ['drain=off'], finds: 'cut' }),
    [ROLL]: drill({ set: ['drain=off'], finds: 'failed' }),
  }
  expect(unprotectedStarts([KILL, ROLL], drills)).toEqual([
    { set: ['redispatch=off'], drills: [{ drill: KILL, finds: 'failed' }] },
    {
      set: ['drain=off'],
      drills: [
        { drill: KILL, finds: 'cut' },
        { drill: ROLL, finds: 'failed' },
      ],
    },
  ])
  expect(unprotectedStarts([ROLL], drills).map(({ set }) => set)).toEqual([['drain=off']])
})

it.each([
  [undefined, [], true, 'green'],
  [undefined, ['1 order is lost'], false, 'red, and it should be green'],
  ['lost', ['1 order is lost'], true, 'red as expected'],
  ['lost', [], false, 'green, and it should have found "lost"'],
  ['lost', ['nothing was sent'], false, 'red for something else than "lost"'],
])('must find %s, finds %j: %s', (finds, wrong, ok, verdict) => {
  const planned = finds === undefined ? { drill: KILL } : { drill: KILL, finds }
  expect(judge(planned, [], outcome(...wrong))).toMatchObject({ ok, verdict })
})

it('says for each what was to be shown', () => {
  expect(describeVerdict(judge({ drill: KILL }, [], outcome()))).toBe('ok    kill-app as it is: green')
  expect(describeVerdict(judge({ drill: KILL, finds: 'x' }, ['drain=off'], outcome()))).toBe(
    'WRONG kill-app with drain=off: green, and it should have found "x"',
  )
})
