import { type ChildProcess, spawn } from 'node:child_process'
import { onTestFinished } from 'vitest'
import { signalGroup } from './process-group.ts'
import { identityOf, type ProcessIdentity } from './process-table.ts'

export type TestProcess = ProcessIdentity & { readonly child: ChildProcess; readonly ended: Promise<void> }

/** A Node process with a group of its own that has printed its first line. It is killed when the test is over. */
export async function testProcess(code: string, env: Record<string, string> = {}): Promise<TestProcess> {
  const child = spawn(process.execPath, ['-e', `${code}; console.log('up')`], {
    detached: true,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  await new Promise((resolve) => child.stdout.once('data', resolve))
  const identity = identityOf(child.pid ?? 0)
  if (!identity) throw new Error('the test process is not in the process table')
  onTestFinished(() => signalGroup(identity, 'SIGKILL'))
  return { ...identity, child, ended }
}

export const SLEEP = 'setInterval(() => {}, 1000)'
export const IGNORE_TERM = `process.on('SIGTERM', () => {}); ${SLEEP}`
