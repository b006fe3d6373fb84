import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { diagramOf } from '../../../infra/diagram/diagram.ts'
import { replacePicture } from '../../../infra/diagram/picture-in-markdown.ts'
import { loadStage, stageNames } from '../../../infra/stage/catalogue.ts'
import type { Stage } from '../../../infra/stage/topology.ts'
import { drawSaga } from '../../orders/saga/drawing.ts'
import { type Command, CommandError, parseCommandLine, say } from '../runner/command.ts'

const ROOT = path.resolve(import.meta.dirname, '../../..')

/** Draws stages, and keeps the pictures in the lessons and the README the same as what the stages say. */
export const diagramCommand: Command = {
  summary: 'draw stages as text, and put the pictures into their lessons',
  usage:
    'npm run diagram [-- N…] [--check]     default: all stages; --check changes nothing and fails where a picture is out of date',
  async run(args) {
    const { values, positionals } = parseCommandLine(args, { check: { type: 'boolean', default: false } }, diagramCommand.usage)
    const stages = await Promise.all((positionals.length > 0 ? positionals : stageNames()).map(loadStage))
    const pages = stages.map((stage) => ({ file: `stages/${stage.name}.md`, picture: diagramOf(stage) }))
    if (positionals.length === 0) pages.push({ file: 'README.md', picture: picturesOf(stages) })
    if (!values.check) process.stdout.write(`${picturesOf(stages)}\n`)
    const stale = pages.filter(({ file, picture }) => !bringUpToDate(file, picture, values.check))
    if (values.check && stale.length === 0) say(`${pages.length} pictures are as the stages say`)
    return stale.length === 0 ? 0 : 1
  },
}

function picturesOf(stages: readonly Stage[]): string {
  return stages.map((stage) => `${stage.name}\n\n${diagramOf(stage)}`).join('\n\n')
}

/** Answers whether the page now shows the picture; says so where it does not. */
function bringUpToDate(file: string, picture: string, checkOnly: boolean): boolean {
  const place = path.join(ROOT, file)
  if (!existsSync(place)) {
    say(`${file} does not exist`)
    return false
  }
  const before = readFileSync(place, 'utf8')
  const drawn = replacePicture(before, picture)
  if (drawn === undefined) throw new CommandError(`${file} has no place for its picture: <!-- diagram --> and <!-- /diagram -->`)
  // Only where the lesson is about it.
  const after = replacePicture(drawn, drawSaga(), { name: 'saga', language: 'mermaid' }) ?? drawn
  if (after === before) return true
  if (checkOnly) say(`${file} shows another picture: npm run diagram puts the right one in`)
  else writeFileSync(place, after)
  return !checkOnly
}
