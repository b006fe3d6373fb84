import { connect } from 'node:net'
import path from 'node:path'
import { hostLog, lastLines } from '../../../infra/local/state/host-log.ts'
import type { ProgramState, StageState } from '../../../infra/local/state/stage-state.ts'

const LINES = 8
const STAT_WITHIN_MS = 1_000

/** For an error that names no cause: how each program of the stage stands, what it said last, and what the balancer thinks of the apps. */
export async function describePrograms(state: StageState): Promise<string> {
  const folder = path.dirname(state.secretsFile)
  const edges = state.programs.filter(({ kind }) => kind === 'haproxy')
  const stats = await Promise.all(edges.map(({ name }) => showStat(path.join(folder, 'data', name, 'haproxy.sock'))))
  const hosts = [...new Set(state.programs.map(({ host }) => host))]
  const logs = [...hosts, 'runner'].flatMap((host) => [
    `${host}.log:`,
    ...lastLines(hostLog(path.join(folder, 'logs'), host), 0, LINES),
  ])
  return [...state.programs.map(describeProgram), ...stats.flat(), ...logs].map((line) => `  ${line}`).join('\n')
}

function describeProgram({ name, pid, condition, restarts, silentSince }: ProgramState): string {
  return `${name} ${condition}, process ${pid}, ${restarts} restarts${silentSince ? `, silent since ${silentSince}` : ''}`
}

/** One line an app: its status, the last check and how often it was taken out. */
async function showStat(socketFile: string): Promise<string[]> {
  const [header = '', ...rows] = (await ask(socketFile, 'show stat')).trim().split('\n')
  const columns = header.split(',')
  const told = ['svname', 'status', 'check_status', 'check_duration', 'chkfail', 'chkdown', 'lastchg', 'scur', 'qcur']
  return rows.map((row) => {
    const cells = row.split(',')
    return told.map((name) => `${name}=${cells[columns.indexOf(name)]}`).join(' ')
  })
}

/** Where it is away there is nothing to tell. */
function ask(socketFile: string, command: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  let said = ''
  const socket = connect(socketFile, () => socket.end(`${command}\n`))
  socket.on('data', (chunk) => {
    said += chunk
  })
  socket.setTimeout(STAT_WITHIN_MS, () => socket.destroy())
  socket.on('error', () => {})
  socket.on('close', () => resolve(said))
  return promise
}
