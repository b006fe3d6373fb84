/** How many requests k6 can send on this machine when the answer costs nothing: no stage can be measured above that. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { freePort } from '../../../../infra/process/free-port.ts'
import { httpCall } from '../../../../infra/process/http-call.ts'
import { until } from '../../../../infra/process/until.ts'
import type { ServerProgram } from '../../../../infra/servers/server-program.ts'
import { runK6 } from '../../load/k6-process.ts'
import { readSummary } from '../../load/k6-summary.ts'
import { CommandError } from '../../runner/command.ts'
import type { Generator } from './load.ts'

/** Far above what can be sent, by as many journeys at a time as keep every connection busy. */
const FLOOD = { RATE: '6000', P95_MS: '10' }
const READY_WITHIN_MS = 10_000
const POLL_MS = 20

/** Requests a second against a constant answer from HAProxy; both at full speed. */
export async function rigCeiling(generator: Generator, haproxy: ServerProgram, durationS: number): Promise<number> {
  const folder = path.join(generator.folder, '000-rig')
  mkdirSync(folder, { recursive: true })
  const port = await freePort()
  const balancer = startConstant(haproxy, folder, port)
  const kill = () => void balancer.kill('SIGKILL')
  process.once('exit', kill)
  try {
    await untilAnswers(balancer, port)
    const script = path.join(import.meta.dirname, '../../../../loadtests/browse.ts')
    const env = { BASE_URL: `http://127.0.0.1:${port}`, DURATION: `${durationS}s`, ...FLOOD }
    const deadlineMs = 1_000 * (durationS + 60)
    await runK6({ k6: generator.k6, script, env, folder, deadlineMs, signal: generator.signal })
    generator.signal.throwIfAborted()
    return readSummary(path.join(folder, 'summary.json')).requests.sent / durationS
  } finally {
    process.off('exit', kill)
    const gone = balancer.exitCode === null && balancer.signalCode === null ? once(balancer, 'exit') : undefined
    kill()
    await gone
  }
}

function startConstant({ path: program, args, env }: ServerProgram, folder: string, port: number): ChildProcess {
  const config = path.join(folder, 'haproxy.cfg')
  writeFileSync(config, constantConfig(port))
  const environment = { PATH: process.env.PATH ?? '/usr/bin:/bin', ...env }
  return spawn(program, [...args, '-db', '-f', config], { env: environment, stdio: 'ignore' })
}

function constantConfig(port: number): string {
  const lines = [
    'global',
    '  nbthread 1',
    '  no strict-limits',
    'defaults',
    '  mode http',
    '  timeout client 30s',
    '  timeout http-request 5s',
    'frontend constant',
    `  bind 127.0.0.1:${port}`,
    '  http-request return status 200 content-type application/json string "{}"',
  ]
  return `${lines.join('\n')}\n`
}

async function untilAnswers(balancer: ChildProcess, port: number): Promise<void> {
  const complaint = 'HAProxy did not start for the measurement of the load generator'
  const answers = async () => {
    if (balancer.exitCode !== null) throw new CommandError(complaint)
    const answer = await httpCall(`http://127.0.0.1:${port}/`, { timeoutMs: 1_000 }).catch(() => undefined)
    return answer?.status === 200
  }
  await until(answers, { withinMs: READY_WITHIN_MS, everyMs: POLL_MS, complaint })
}
