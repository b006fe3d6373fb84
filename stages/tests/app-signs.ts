/** What the apps of a running stage tell of themselves: their metrics and their logs. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { programsOf } from '../../apps/lab/drills/programs.ts'
import { clientOf } from '../contract/client.ts'
import { type RunningStage, stateOf } from './running-stages.ts'

const appsAndWorkers = (stage: RunningStage) => [...programsOf(stateOf(stage), 'app'), ...programsOf(stateOf(stage), 'worker')]

/** How often programs of the stage have been started again, as they had ended by themselves. */
export function restartsOf(stage: RunningStage): number {
  return stateOf(stage).programs.reduce((sum, { restarts }) => sum + restarts, 0)
}

/** The sum of all samples that begin so, over all apps or workers. */
export async function metricOf(stage: RunningStage, start: RegExp, kind: 'app' | 'worker' = 'app'): Promise<number> {
  const pages = await Promise.all(
    programsOf(stateOf(stage), kind).map(({ port }) => clientOf({ url: `http://127.0.0.1:${port}` }).get('/metrics')),
  )
  const samples = pages.flatMap(({ text }) => text.split('\n').filter((line) => start.test(line)))
  return samples.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
}

/** What a program's host has logged from now on; of all apps and their worker where none is named. */
export function logFromNowOn(stage: RunningStage, host?: string): () => string {
  const hosts = host === undefined ? appsAndWorkers(stage).map((program) => program.host) : [host]
  const files = hosts.map((name) => join(dirname(stage.stateFile), 'logs', `${name}.log`))
  const sizes = files.map((file) => readFileSync(file).length)
  return () => files.map((file, index) => readFileSync(file).subarray(sizes[index]).toString()).join('')
}
