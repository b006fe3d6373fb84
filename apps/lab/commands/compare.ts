import { cpus } from 'node:os'
import path from 'node:path'
import { portBase } from '../../../infra/local/state/data-folder.ts'
import { planOf } from '../../../infra/stage/plan.ts'
import { complaintsOf } from '../compare/complaints.ts'
import { fittingSize, type SetSize } from '../compare/host-size.ts'
import { runComparison } from '../compare/measure/comparison.ts'
import { Countdown } from '../compare/measure/countdown.ts'
import type { Generator } from '../compare/measure/load.ts'
import type { Cell } from '../compare/measure/measurements.ts'
import { startReference } from '../compare/measure/reference.ts'
import { rigCeiling } from '../compare/measure/rig-ceiling.ts'
import { expectedSeconds, START_S, USUAL_P95_MS } from '../compare/protocol.ts'
import { Journal } from '../compare/report/journal.ts'
import { writeLessons } from '../compare/report/lessons.ts'
import { resultsTable } from '../compare/report/table.ts'
import { writeReports } from '../compare/report/write-reports.ts'
import { type CompareRequest, parseCompareRequest, USAGE } from '../compare/request.ts'
import { RESULTS_FILE, writeResults } from '../compare/result-files.ts'
import type { Results } from '../compare/results.ts'
import { RUNTIMES, type Servers } from '../compare/runtimes.ts'
import { type ComparedStage, removeStages } from '../compare/stages/compared-stage.ts'
import { cpuSeconds } from '../load/cpu-time.ts'
import { type Command, CommandError, say } from '../runner/command.ts'
import { interruptible } from '../runner/interruption.ts'
import { reportFolder } from '../runner/report-folder.ts'

export const compareCommand: Command = {
  summary: 'measures stages side by side: what each step buys, what it costs, and the next bottleneck',
  usage: USAGE,
  async run(args) {
    const request = await parseCompareRequest(args)
    if (cpuSeconds(process.pid) === undefined)
      throw new CommandError('compare reads CPU use from /proc, which this system has not')
    const runtime = RUNTIMES[request.runtime]
    await runtime.require(request.contestants)
    const size = await chooseSize(request)
    const servers = await runtime.servers()
    const folder = await reportFolder('compare')
    const journal = await Journal.open(request, servers, folder, size)
    const interruption = interruptible(() => say('ending the comparison; what was measured is kept …'))
    try {
      await compare({ request, servers, folder, journal, size, signal: interruption.signal })
      return await publish(journal, request, folder)
    } catch (error) {
      await keepMeasured(journal, request, folder)
      if (interruption.signal.aborted) return 130
      throw (error as NodeJS.ErrnoException).code === 'ENOSPC' ? new CommandError(`the disk is full: ${folder}`) : error
    } finally {
      interruption.done()
    }
  },
}

type Comparison = {
  readonly request: CompareRequest
  readonly servers: Servers
  readonly folder: string
  readonly journal: Journal
  readonly size: SetSize
  readonly signal: AbortSignal
}

const UNSIZED: SetSize = { sizeCpu: null, p95Ms: USUAL_P95_MS, limits: 'unsized' }

async function chooseSize({ unsized, contestants, runtime }: CompareRequest): Promise<SetSize> {
  if (unsized) return UNSIZED
  const sizes = await RUNTIMES[runtime].sizes()
  if ('none' in sizes) {
    say(`hosts are unsized: ${sizes.none}`)
    return UNSIZED
  }
  const plans = contestants.map(({ stage, set }) => planOf(stage, { portBase: portBase(), set }))
  const size = fittingSize(plans, cpus().length)
  const notes = [size.note, sizes.noteOn?.(plans)].filter((note) => note !== undefined)
  for (const note of notes) say(note)
  return { ...size, limits: sizes.by, ...(notes.length > 0 && { note: notes.join('; ') }) }
}

async function compare(comparison: Comparison): Promise<void> {
  const { request, servers, folder, journal, size, signal } = comparison
  const { sizeCpu, p95Ms } = size
  const { protocol, contestants, workloads } = request
  const countdown = new Countdown(expectedSeconds(protocol, contestants.length, workloads.length), protocol.withinS, say)
  const generator: Generator = { k6: servers.k6, folder: path.join(folder, 'raw'), p95Ms, signal }
  countdown.step('measuring what the load generator can send', protocol.rigS)
  journal.note({ ceilingRate: await rigCeiling(generator, servers.rig, protocol.rigS) })
  countdown.step(`starting ${contestants.length} stages`, START_S)
  const stages = await RUNTIMES[request.runtime].start(contestants, { sizeCpu, signal })
  try {
    journal.note({ seedChecksum: commonSeed(stages) })
    const reference = await startReference(sizeCpu, signal)
    const note = (line: string) => say(`  ${line}`)
    const allows = (seconds: number) => countdown.allows(seconds)
    const bench = { generator, reference, protocol, sizeCpu, machineCpus: cpus().length, note, allows }
    const doing = (line: string, plannedS: number) => countdown.step(line, plannedS)
    const measured = (cells: readonly Cell[]) => journal.measured(cells)
    await runComparison(bench, { stages, workloads }, { doing, measured }).finally(() => reference.stop())
  } finally {
    await removeStages(stages.map(({ held }) => held))
  }
}

/** Different data would be a different task. */
function commonSeed(stages: readonly ComparedStage[]): string {
  const [first = '', ...others] = new Set(stages.map(({ state }) => state.seed?.checksum ?? ''))
  if (others.length === 0) return first
  throw new CommandError('the stages were seeded with different data, so they cannot be compared')
}

/** Writes everything; the exit status is 0 only if every stage kept up at some rate, and kept every invariant. */
async function publish(journal: Journal, request: CompareRequest, folder: string): Promise<number> {
  const results = journal.close(false)
  if (!results) throw new CommandError('nothing was measured: no stage kept up at any rate that was tried')
  await write(results, folder)
  for (const file of request.writeLessons ? await writeLessons(results) : []) say(`wrote ${file}`)
  show(results, request, folder)
  return complaintsOf(results).length > 0 ? 1 : 0
}

/** After an interruption or a failure. A full disk must not hide the reason. */
async function keepMeasured(journal: Journal, request: CompareRequest, folder: string): Promise<void> {
  const results = journal.close(true)
  if (!results) return say(`no round was complete; raw output in ${folder}`)
  try {
    await write(results, folder)
    show(results, request, folder)
  } catch (error) {
    say(`the report could not be written: ${(error as Error).message}`)
  }
}

async function write(results: Results, folder: string): Promise<void> {
  writeResults(results, folder)
  await writeReports(results, folder)
}

function show(results: Results, { json }: CompareRequest, folder: string): void {
  process.stdout.write(json ? `${JSON.stringify(results)}\n` : `${resultsTable(results)}\n`)
  for (const note of results.rig.notes) say(`note: ${note}`)
  for (const line of complaintsOf(results)) say(`error: ${line}`)
  say(`report: ${path.join(folder, 'report.html')} (and report.md, ${RESULTS_FILE}, raw/)`)
}
