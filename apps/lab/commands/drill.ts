import { readStageState, type StageState } from '../../../infra/local/state/stage-state.ts'
import { describeOutcome } from '../drills/describe-outcome.ts'
import { DRILLS, type DrillName } from '../drills/drills.ts'
import { type Outcome, runDrill } from '../drills/run-drill.ts'
import { type Command, CommandError, parseCommandLine } from '../runner/command.ts'

const names = Object.keys(DRILLS) as DrillName[]
const usage = `npm run drill -- STAGE ${names.join('|')}|all [--rate 60] [--json]`
const options = { rate: { type: 'string', default: '60' }, json: { type: 'boolean', default: false } } as const
const MOST_PER_SECOND = 1_000

export const drillCommand: Command = {
  summary: 'Makes a fault in a running stage under load and judges what the clients saw.',
  usage,
  async run(args) {
    const { values, positionals } = parseCommandLine(args, options, usage)
    const [number = '', name = '', ...rest] = positionals
    if (rest.length > 0) throw new CommandError(`a drill takes one stage; usage: ${usage}`)
    const ratePerS = Number(values.rate)
    if (!(ratePerS >= 1 && ratePerS <= MOST_PER_SECOND))
      throw new CommandError(`--rate takes 1 to ${MOST_PER_SECOND} requests a second, not "${values.rate}"`)
    const outcomes: Outcome[] = []
    for (const drill of chosenDrills(number, name)) {
      outcomes.push(await runDrill(drill, runningStage(number), ratePerS))
      if (!values.json) console.log(outcomes.slice(-1).map(describeOutcome).join())
    }
    if (values.json) console.log(JSON.stringify(name === 'all' ? outcomes : outcomes[0], null, 2))
    return outcomes.every(({ wrong }) => wrong.length === 0) ? 0 : 1
  },
}

/** `all` are those for which the stage has what they need. */
function chosenDrills(number: string, name: string): DrillName[] {
  if (number === '') throw new CommandError(`a drill takes a stage and a name; usage: ${usage}`)
  const stage = runningStage(number)()
  const fitting = names.filter((one) => DRILLS[one].missing(stage) === undefined)
  if (name === 'all' && fitting.length > 0) return fitting
  const [chosen] = names.filter((one) => one === name)
  if (!chosen) throw new CommandError(`there is no drill "${name}" for stage ${number}; usage: ${usage}`)
  const missing = DRILLS[chosen].missing(stage)
  if (missing) throw new CommandError(missing)
  return [chosen]
}

function runningStage(number: string): () => StageState {
  const stage = /^\d$/.test(number) ? readStageState(Number(number)) : undefined
  if (!stage?.ready) throw new CommandError(`stage "${number}" does not run; start it with: npm start -- ${number || 3} --detach`)
  return () => {
    const now = readStageState(stage.stage)
    if (!now) throw new CommandError(`stage ${number} was stopped during the drill`)
    return now
  }
}
