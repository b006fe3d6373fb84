import path from 'node:path'
import { writeAtomically } from '../../../infra/process/atomic-file.ts'
import { type Command, CommandError, parseCommandLine, say } from '../runner/command.ts'
import { reportFolder } from '../runner/report-folder.ts'
import { hashingChart } from './chart.ts'
import { measureHashing } from './measure.ts'
import { markdownTable, terminalTable } from './table.ts'

const usage = 'npm run lab -- hashing [--markdown | --json]'
const options = { markdown: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } } as const

/** Enough for the table's digits to stay as they are with other keys. */
const ASKED = { keys: 10_000, draws: 31 }

export const hashingExperiment: Command = {
  summary: 'which server has a key: what moves when one is added, how even the shares are, and what a hot key does to them',
  usage,
  async run(args) {
    const { values, positionals } = parseCommandLine(args, options, usage)
    if (positionals.length > 0) throw new CommandError(`hashing takes nothing but options, not "${positionals[0]}"`)
    say(`${ASKED.draws} times ${ASKED.keys.toLocaleString('en-US')} keys, placed in eight ways …`)
    const results = measureHashing(ASKED)
    const folder = await reportFolder('hashing')
    const chart = path.join(folder, 'hashing.svg')
    writeAtomically(chart, hashingChart(results))
    writeAtomically(path.join(folder, 'hashing.md'), `${markdownTable(results)}\n`)
    if (values.json) console.log(JSON.stringify(results, null, 2))
    else console.log(values.markdown ? markdownTable(results) : terminalTable(results))
    say(`the chart: ${chart}`)
    return 0
  },
}
