import { say } from '../runner/command.ts'
import { type OwnStage, withOwnStage } from '../runner/own-stage.ts'
import { describeVerdict, judge, type PlannedStart, unprotectedStarts, type Verdict } from './both.ts'
import type { DrillName } from './drills.ts'
import type { Outcome } from './run-drill.ts'

export type BothSides = {
  /** With `set` in any case. */
  readonly stage: OwnStage
  /** Asked once the stage runs, as it depends on what the stage has. */
  choose(): readonly DrillName[]
  run(drill: DrillName): Promise<Outcome>
}

/** Runs drills on a stage as it is, and on one without each of the protections that they are about. */
export async function runBoth({ stage, choose, run }: BothSides): Promise<Verdict[]> {
  const runStart = (set: readonly string[], planned: () => PlannedStart['drills']) => {
    say(`stage ${stage.name} ${set.length === 0 ? 'as it is' : `with ${set.join(' ')}`} …`)
    return withOwnStage({ ...stage, set: [...stage.set, ...set] }, async () => {
      const verdicts: Verdict[] = []
      for (const one of planned()) verdicts.push(judge(one, set, await run(one.drill)))
      for (const verdict of verdicts) {
        say(describeVerdict(verdict))
        if (!verdict.ok) for (const line of verdict.outcome.wrong) say(`  ${line}`)
      }
      return verdicts
    })
  }
  let names: readonly DrillName[] = []
  const verdicts = await runStart([], () => {
    names = choose()
    return names.map((drill) => ({ drill }))
  })
  for (const { set, drills } of unprotectedStarts(names)) verdicts.push(...(await runStart(set, () => drills)))
  return verdicts
}
