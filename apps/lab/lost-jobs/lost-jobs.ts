import { type Command, CommandError, parseCommandLine, say } from '../runner/command.ts'
import { interruptible } from '../runner/interruption.ts'
import { type LostJobs, type LostJobsAsked, measureLostJobs } from './measure.ts'

const usage = 'npm run lab -- lost-jobs [--markdown | --json]'
const options = { markdown: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } } as const

const ASKED: LostJobsAsked = { jobs: 200, kills: 8 }
const HEAD = ['queue', 'jobs', 'workers killed', 'jobs lost', 'done twice']

export const lostJobsExperiment: Command = {
  summary: 'jobs in a list (LPUSH, BRPOP) and in BullMQ, while their worker is killed again and again',
  usage,
  async run(args) {
    const { values, positionals } = parseCommandLine(args, options, usage)
    if (positionals.length > 0) throw new CommandError(`lost-jobs takes nothing but options, not "${positionals[0]}"`)
    say(`${ASKED.jobs} jobs in each of two queues, whose worker is killed ${ASKED.kills} times …`)
    const { signal, done } = interruptible(() => say('ending the experiment …'))
    try {
      const results = await measureLostJobs(ASKED, signal)
      console.log(
        values.json ? JSON.stringify(results, null, 2) : lostJobsTable(results, values.markdown ? 'markdown' : 'terminal'),
      )
      return 0
    } catch (error) {
      throw signal.aborted ? new CommandError('interrupted; nothing is left running') : error
    } finally {
      done()
    }
  },
}

export function lostJobsTable(results: readonly LostJobs[], form: 'markdown' | 'terminal'): string {
  const rows = results.map(({ queue, jobs, kills, lost, doneTwice }) => [queue, jobs, kills, lost, doneTwice].map(String))
  if (form === 'terminal') return [HEAD, ...rows].map((cells) => cells.map((cell) => cell.padStart(14)).join(' ')).join('\n')
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(HEAD), `|---|${'---:|'.repeat(HEAD.length - 1)}`, ...rows.map(line)].join('\n')
}
