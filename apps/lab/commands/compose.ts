import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { COMPOSE_FILE, composeFile } from '../../../infra/compose/compose-file.ts'
import { PORT_BASE } from '../../../infra/compose/port-base.ts'
import { writeAtomically } from '../../../infra/process/atomic-file.ts'
import { loadStage, stageNames } from '../../../infra/stage/catalogue.ts'
import { planOf } from '../../../infra/stage/plan.ts'
import { type Command, CommandError, parseCommandLine, say } from '../runner/command.ts'

const FILE = path.resolve(import.meta.dirname, '../../..', COMPOSE_FILE)

/** Keeps the file for Docker Compose the same as what the stages say. */
export const composeCommand: Command = {
  summary: `write ${COMPOSE_FILE} from the stages`,
  usage: `npm run compose [-- --check]     --check changes nothing and fails where ${COMPOSE_FILE} is out of date`,
  async run(args) {
    const { values, positionals } = parseCommandLine(args, { check: { type: 'boolean', default: false } }, composeCommand.usage)
    if (positionals.length > 0) throw new CommandError(`compose takes no stage: ${COMPOSE_FILE} has all of them, as profiles`)
    const text = await composeText()
    if (existsSync(FILE) && readFileSync(FILE, 'utf8') === text) say(`${COMPOSE_FILE} is as the stages say`)
    else if (values.check) throw new CommandError(`${COMPOSE_FILE} is not as the stages say: npm run compose writes it`)
    else {
      writeAtomically(FILE, text, { mode: 0o644 })
      say(`${COMPOSE_FILE} is written; docker compose --profile stage1 up --wait starts the first stage`)
    }
    return 0
  },
}

/** Of all stages. */
async function composeText(): Promise<string> {
  const stages = await Promise.all(stageNames().map(loadStage))
  return composeFile(stages.map((stage) => planOf(stage, { portBase: PORT_BASE, runtime: 'compose' })))
}
