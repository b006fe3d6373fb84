import { stageFiles } from '../../../infra/local/state/data-folder.ts'
import { loadStage, stageNames } from '../../../infra/stage/catalogue.ts'
import { type Command, CommandError, parseCommandLine } from '../runner/command.ts'
import { drawTrace } from '../trace/draw.ts'
import { type FoundTrace, findTraces } from '../trace/read-spans.ts'

const usage = 'npm run trace -- [STAGE] ID [--json]'
const options = { json: { type: 'boolean', default: false } } as const
const ID = /^[\w-]{8,64}$/
/** The newest. */
const MOST_TRACES = 10

export const traceCommand: Command = {
  summary: 'draws what was told of an order, by its id, or of one trace, by that of the answer: of a stage with --set tracing=on',
  usage,
  async run(args) {
    const { values, positionals } = parseCommandLine(args, options, usage)
    const [id = '', stage, ...rest] = positionals.toReversed()
    if (!ID.test(id) || rest.length > 0) throw new CommandError(`trace takes the id of an order or of a trace; usage: ${usage}`)
    const names = stage === undefined ? stageNames() : [(await loadStage(stage)).name]
    const found: FoundTrace[] = []
    for (const name of names) found.push(...(await findTraces(stageFiles(name).spans, id, MOST_TRACES)))
    if (found.length === 0)
      throw new CommandError(`nobody has told of ${id}; a stage tells of what it is asked with --set tracing=on`)
    console.log(values.json ? JSON.stringify({ traces: found }, null, 2) : found.map(drawTrace).join('\n\n'))
    return 0
  },
}
