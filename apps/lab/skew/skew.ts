import { readFileSync } from 'node:fs'
import path from 'node:path'
import { CHECKOUT, portBase } from '../../../infra/local/state/data-folder.ts'
import { loadStage, stageNames } from '../../../infra/stage/catalogue.ts'
import { planOf, storesIn } from '../../../infra/stage/plan.ts'
import type { Stage } from '../../../infra/stage/topology.ts'
import type { Shopper } from '../../../loadtests/shop.ts'
import { customersOfEachBucket, logInCustomers, MOST_OF_A_BUCKET } from '../compare/measure/customers.ts'
import { writeBlock } from '../compare/report/lessons.ts'
import { startStages, stopStages } from '../compare/stages/local-stages.ts'
import { type Command, CommandError, parseCommandLine, say } from '../runner/command.ts'
import { interruptible } from '../runner/interruption.ts'
import { measureSkew } from './experiment.ts'
import { notShown } from './judge.ts'
import type { SkewResults } from './results.ts'
import { markdownTables, terminalTables } from './table.ts'

const usage = 'npm run lab -- skew [--seconds 8] [--markdown | --json] [--write-lesson]'
const options = {
  seconds: { type: 'string', default: '8' },
  markdown: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  'write-lesson': { type: 'boolean', default: false },
} as const

const MOST_SECONDS = 60
/** Nobody's limit is what is measured here. */
const UNLIMITED = ['ordersPerMinute=1000000', 'logInsPerMinute=1000000']

export const skewExperiment: Command = {
  summary: 'one customer with a thousand times the orders, and one product with half the sales, on a sharded stage of its own',
  usage,
  async run(args) {
    const { values, positionals } = parseCommandLine(args, options, usage)
    if (positionals.length > 0) throw new CommandError(`skew takes nothing but options, not "${positionals[0]}"`)
    const seconds = secondsOf(values.seconds)
    const interruption = interruptible(() => say('ending the experiment …'))
    try {
      const results = await measure(await stageWithBuckets(), seconds, interruption.signal)
      if (values['write-lesson']) writeBlock(lessonOf(results), 'skew', markdownTables(results))
      if (values.json) console.log(JSON.stringify(results, null, 2))
      else console.log(values.markdown ? markdownTables(results) : terminalTables(results))
      return judged(results)
    } catch (error) {
      if (interruption.signal.aborted) return 130
      throw error
    } finally {
      interruption.done()
    }
  },
}

function secondsOf(text: string): number {
  const seconds = Number(text)
  if (/^\d+$/.test(text) && seconds >= 1 && seconds <= MOST_SECONDS) return seconds
  throw new CommandError(`--seconds takes a whole number from 1 to ${MOST_SECONDS}, not "${text}"`)
}

/** The first that has customers in buckets. */
async function stageWithBuckets(): Promise<Stage> {
  for (const name of stageNames()) {
    const stage = await loadStage(name)
    if (storesIn(planOf(stage, { portBase: portBase() })).some(({ buckets }) => buckets)) return stage
  }
  throw new CommandError('no stage has customers in buckets')
}

/** Started for this, with data of its own, and ended afterwards. */
async function measure(page: Stage, seconds: number, signal: AbortSignal): Promise<SkewResults> {
  say(`starting stage ${page.name}, with data of its own …`)
  const stages = await startStages([{ stage: page, set: UNLIMITED }], { sizeCpu: null, signal })
  try {
    const [stage] = stages
    if (!stage) throw new Error('the stage was not started')
    const emails = customersOfEachBucket(MOST_OF_A_BUCKET)
    say(`logging in ${emails.length} customers …`)
    const shoppers: Shopper[] = JSON.parse(readFileSync(await logInCustomers(stage, emails, signal), 'utf8'))
    return await measureSkew({ stage: stage.state, seconds, signal }, shoppers)
  } finally {
    await stopStages(stages)
  }
}

function lessonOf({ stage }: SkewResults): string {
  return path.join(CHECKOUT, 'stages', `${stage}.md`)
}

/** What the lesson says must be seen, or the figures are no example of it. */
function judged(results: SkewResults): number {
  const missing = notShown(results)
  for (const claim of missing) say(`error: not shown: ${claim}`)
  return missing.length === 0 ? 0 : 1
}
