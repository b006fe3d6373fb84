/**
 * Stages started for tests by the real command line, on free ports and with a data folder of their own, and ended with all they started.
 * Vitest runs the default export before the tests of each project that uses it.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { freePortBase } from '../../infra/local/run/free-port-base.ts'
import type { StageState } from '../../infra/local/state/stage-state.ts'
import { compiledFolder } from '../../infra/process/command.ts'
import { runProgram } from '../../infra/process/run-program.ts'
import type { Target } from '../contract/client.ts'
import { differencesOf } from '../contract/differences.ts'
import { PATIENCE } from '../contract/patience.ts'

/** What a test is told of a stage that runs for it. */
export type RunningStage = Target & {
  readonly stage: number
  readonly bankUrl: string
  /** Holds the stage's state as the runner keeps it: read it again to see restarts. */
  readonly stateFile: string
}

export type RunningStages = { readonly list: readonly RunningStage[]; stop(): Promise<void> }

declare module 'vitest' {
  interface ProvidedContext {
    stages: readonly RunningStage[]
  }
}

declare global {
  var stagesOfRun: Promise<RunningStages> | undefined
}

/** The first start on a machine may fetch servers; every later one takes seconds. */
const START_TIMEOUT_MS = 540_000
const STOP_TIMEOUT_MS = 60_000
const MAIN = join(import.meta.dirname, '../../apps/lab/main.ts')

/** Each project loads this module for itself; the stages are the same for all, and end once. */
export default async function provideStages(project: TestProject): Promise<() => Promise<void>> {
  globalThis.stagesOfRun ??= startStages([1, 2, 3, 4, 5, 6])
  project.provide('stages', (await globalThis.stagesOfRun).list)
  return async () => {
    const running = globalThis.stagesOfRun
    globalThis.stagesOfRun = undefined
    await (await running)?.stop()
  }
}

/** With all drills nobody is patient, as they are about what hangs. */
const PATIENT = process.env.OUTGROW_DRILLS === 'all' ? [] : PATIENCE

/** `set` holds `name=value` pairs; they hold for all the stages named. */
export async function startStages(numbers: readonly number[], set: readonly string[] = []): Promise<RunningStages> {
  const data = mkdtempSync(join(tmpdir(), 'outgrow-test-'))
  const environment = { OUTGROW_DATA: data, OUTGROW_PORT_BASE: String(await freePortBase()) }
  const names = numbers.map(String)
  const stopNow = () =>
    void spawnSync(process.execPath, [MAIN, 'stop', ...names], {
      env: { ...process.env, ...environment },
      timeout: STOP_TIMEOUT_MS,
    })
  process.once('exit', stopNow)
  const stop = async () => {
    process.off('exit', stopNow)
    await runLab(['stop', ...names], environment, STOP_TIMEOUT_MS)
    rmSync(data, { recursive: true })
  }
  try {
    const settings = [...PATIENT, ...set].flatMap((pair) => ['--set', pair])
    await runLab(['start', ...names, '--detach', '--json', '--unsized', ...settings], environment, START_TIMEOUT_MS)
    return { list: numbers.map((number) => runningStage(data, number)), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

export function stateOf(stage: RunningStage): StageState {
  return JSON.parse(readFileSync(stage.stateFile, 'utf8'))
}

function runningStage(data: string, number: number): RunningStage {
  const folder = readdirSync(join(data, 'stages')).find((name) => name.startsWith(`${number}-`)) ?? ''
  const stateFile = join(data, 'stages', folder, 'state.json')
  const state: StageState = JSON.parse(readFileSync(stateFile, 'utf8'))
  const { limitsTimes, apps } = differencesOf(number)
  const databaseNames = state.databases.map(({ name }) => name)
  const outboxFile = join(data, 'stages', folder, 'outbox.jsonl')
  return {
    stage: number,
    url: state.url,
    outboxFile,
    bankUrl: state.bank,
    databaseNames,
    stateFile,
    appCount: apps.length,
    limitsTimes,
  }
}

/** Runs the command line to its end. Throws with what it said when it fails, or when it takes longer than allowed. */
async function runLab(args: readonly string[], env: Record<string, string>, deadlineMs: number): Promise<void> {
  const lab = { path: process.execPath, args: [MAIN, ...args], env: { NODE_COMPILE_CACHE: compiledFolder(), ...env } }
  const { status, stdout, stderr } = await runProgram(lab, { deadlineMs })
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}:\n${stderr.slice(-3_000)}${stdout.slice(-1_000)}`)
}
