/** Writes what was measured into the stages' lessons. */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { CHECKOUT } from '../../../../infra/local/state/data-folder.ts'
import { writeAtomically } from '../../../../infra/process/atomic-file.ts'
import { loadStage, stageNames } from '../../../../infra/stage/catalogue.ts'
import { settingsOf } from '../../../../infra/stage/settings.ts'
import { CommandError } from '../../runner/command.ts'
import { rate, verdictsOf } from '../judge/verdicts.ts'
import type { Results, StageResult, WorkloadResult } from '../results.ts'

/** Answers the files that were written. */
export async function writeLessons(results: Results): Promise<string[]> {
  const written: string[] = []
  const plain = await withoutExperiments(results)
  for (const { name, stage } of lessonsIn(plain)) {
    const file = path.join(CHECKOUT, 'stages', `${name}.md`)
    if (!existsSync(file)) continue
    writeBlock(file, 'measured', measuredBlock(plain, stage))
    written.push(file)
  }
  return written
}

/** Of stages that are here beside one before them, and of the first of all: of any other this says less than its lesson does. */
export function lessonsIn({ stages, verdicts }: Results): StageResult[] {
  const [first] = stageNames()
  return stages.filter(({ stage, name }) => name === first || verdicts.some(({ to }) => to === stage))
}

/** A stage with settings of its own is an experiment and has no row in a lesson: each of the others beside the one before it. */
export async function withoutExperiments(results: Results): Promise<Results> {
  const plain = await Promise.all(results.stages.map(isPlain))
  const stages = results.stages.filter((_, index) => plain[index])
  return { ...results, stages, verdicts: verdictsOf(stages) }
}

async function isPlain({ stage, settings }: StageResult): Promise<boolean> {
  const page = await loadStage(String(stage))
  return Object.entries(settingsOf(page.settings)).every(([name, value]) => settings[name] === value)
}

/** Between the marks of that name; the words around them are people's. Throws one line where the file has no such marks. */
export function writeBlock(file: string, name: string, block: string): void {
  const lesson = withBlock(readFileSync(file, 'utf8'), name, block)
  if (lesson === undefined)
    throw new CommandError(`${file} has no <!-- ${name} --> … <!-- /${name} --> for the table to stand between`)
  writeAtomically(file, lesson)
}

/** Undefined where the lesson has no such marks, in order. */
export function withBlock(lesson: string, name: string, block: string): string | undefined {
  const [first, last] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const start = lesson.indexOf(first)
  const end = lesson.indexOf(last)
  if (start < 0 || end < start) return undefined
  return `${lesson.slice(0, start + first.length)}\n\n${block}\n\n${lesson.slice(end)}`
}

/** This stage beside those before it, with the sentence on the step that led to it. */
export function measuredBlock(results: Results, stageNumber: number): string {
  const stages = results.stages.filter(({ stage }) => stage <= stageNumber)
  const rows = stages.flatMap((stage) => stage.workloads.map((result) => row(stage, result)))
  const verdicts = results.verdicts.filter(({ to }) => to === stageNumber)
  const shards = (results.shardVerdicts ?? []).filter(({ stage }) => stage === stageNumber)
  const said = [...verdicts, ...shards].map(({ workload, sentence }) => `- **${workload}**: ${sentence}`)
  return [
    '| stage | workload | journeys a second | median, p95 at equal load | CPU a journey | hosts | limited by |',
    '|---|---|---|---|---|---|---|',
    ...rows,
    '',
    ...said,
    ...(said.length > 0 ? [''] : []),
    sourceOf(results),
  ].join('\n')
}

function row(
  { stage, hostsUsed }: StageResult,
  { workload, capacity, latency, cpuMsPerJourney, bottleneck }: WorkloadResult,
): string {
  const carried = `${rate(capacity.median)} (${rate(capacity.min)}–${rate(capacity.max)})`
  const [low] = latency
  const taken = low ? `${Math.round(low.p50Ms.median)} ms, ${Math.round(low.p95Ms.median)} ms at ${rate(low.rate)} a second` : '–'
  const cells = [stage, workload, carried, taken, `${cpuMsPerJourney.toFixed(1)} ms`, hostsUsed, bottleneck.host]
  return `| ${cells.join(' | ')} |`
}

function sourceOf({ machine, hostSizeCpu, commit, finishedAt, rounds, limits, command }: Results): string {
  const hosts = hostSizeCpu === null ? 'unsized hosts' : `hosts of ${hostSizeCpu} CPU`
  return (
    `Measured by \`${command}\` on ${finishedAt.slice(0, 10)} at commit ${commit}: ${machine.cpuModel}, ${machine.cpus} CPUs, ` +
    `${hosts}, ${machine.database}, Node ${machine.node}, ${rounds} rounds (median, smallest and largest). ` +
    `Carried means p95 ≤ ${limits.p95Ms} ms and errors ≤ ${100 * limits.errorShare} %.`
  )
}
