import { loadStage } from '../../../infra/stage/catalogue.ts'
import { type Command, CommandError, parseCommandLine, say } from '../runner/command.ts'
import { interruptible } from '../runner/interruption.ts'
import { refuseIfRunning, withOwnStage } from '../runner/own-stage.ts'
import { measurePoints } from './experiment.ts'
import { type HopResults, isWhole, notShown, PUBLISHED } from './results.ts'
import { splitCostNs } from './split-cost.ts'
import { markdownHops, terminalHops } from './table.ts'

const usage = 'npm run lab -- hops [--work 0,1,2,5,10,20,50] [--seconds 6] [--markdown | --json]'
const options = {
  work: { type: 'string', default: '0,1,2,5,10,20,50' },
  seconds: { type: 'string', default: '6' },
  markdown: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const

/** The last in which all modules are in one process with a cache, and the one in which they are services. */
const STAGES = [4, 6] as const
/** Nobody is taken for hung where all there is is taken. */
const PATIENT = ['edgePatienceMs=8000']
const MOST_WORK_MS = 200
const MOST_SECONDS = 60

export const hopsExperiment: Command = {
  summary: 'what it costs that modules are services, as the work of a request grows',
  usage,
  async run(args) {
    const { values, positionals } = parseCommandLine(args, options, usage)
    if (positionals.length > 0) throw new CommandError(`hops takes nothing but options, not "${positionals[0]}"`)
    const works = values.work.split(',').map((text) => wholeOf('work', text, { least: 0, most: MOST_WORK_MS }))
    const seconds = wholeOf('seconds', values.seconds, { least: 1, most: MOST_SECONDS })
    const { signal, done } = interruptible(() => say('ending the experiment …'))
    try {
      const results = await measure(works, seconds, signal)
      const table = values.markdown ? markdownHops : terminalHops
      console.log(values.json ? JSON.stringify(results, null, 2) : table(results))
      return judged(results)
    } catch (error) {
      throw signal.aborted ? new CommandError('interrupted; nothing is left running') : error
    } finally {
      done()
    }
  },
}

/** On stages of its own, as their apps are started again and again. */
async function measure(works: readonly number[], seconds: number, signal: AbortSignal): Promise<HopResults> {
  const [monolith, services] = [await loadStage(String(STAGES[0])), await loadStage(String(STAGES[1]))]
  for (const { name } of [monolith, services]) refuseIfRunning(name)
  const own = (name: string) => ({ name, set: PATIENT, sizeCpu: null })
  const points = await withOwnStage(own(monolith.name), () =>
    withOwnStage(own(services.name), () => measurePoints({ stages: STAGES, seconds, signal }, works)),
  )
  const stages = [monolith.name, services.name] as const
  return { stages, secondsEach: seconds, points, splitNs: await splitCostNs(), published: PUBLISHED }
}

function judged(results: HopResults): number {
  const missing = isWhole(results.points.map(({ workMs }) => workMs)) ? notShown(results) : []
  for (const claim of missing) say(`error: not shown: ${claim}`)
  return missing.length === 0 ? 0 : 1
}

function wholeOf(option: string, text: string, { least, most }: { least: number; most: number }): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= least && value <= most) return value
  throw new CommandError(`--${option} takes whole numbers from ${least} to ${most}, not "${text}"`)
}
