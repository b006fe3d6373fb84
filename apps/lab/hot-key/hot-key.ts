import { type Command, CommandError, parseCommandLine, say } from '../runner/command.ts'
import { interruptible } from '../runner/interruption.ts'
import { type HotKeyAsked, measureHotKey } from './measure.ts'
import { hotKeyTable } from './table.ts'

const usage = 'npm run lab -- hot-key [--markdown | --json]'
const options = { markdown: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } } as const

/** In each round. */
const ASKED: HotKeyAsked = { reads: 20_000, rounds: 5, seed: 1 }

export const hotKeyExperiment: Command = {
  summary: 'a key of a Redis Cluster that everybody asks for: what its server is asked, with and without copies in the apps',
  usage,
  async run(args) {
    const { values, positionals } = parseCommandLine(args, options, usage)
    if (positionals.length > 0) throw new CommandError(`hot-key takes nothing but options, not "${positionals[0]}"`)
    say(`${ASKED.rounds} times ${ASKED.reads.toLocaleString('en-US')} reads of a Cluster, with hotKeys=off and on in turn …`)
    const { signal, done } = interruptible(() => say('ending the experiment …'))
    try {
      const results = await measureHotKey(ASKED, signal)
      console.log(
        values.json ? JSON.stringify(results, null, 2) : hotKeyTable(results, values.markdown ? 'markdown' : 'terminal'),
      )
      return 0
    } catch (error) {
      throw signal.aborted ? new CommandError('interrupted; nothing is left running') : error
    } finally {
      done()
    }
  },
}
