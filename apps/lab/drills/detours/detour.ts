/** Callers of services are sent another way, as they are told of copies that come and go. */
import { readFileSync } from 'node:fs'
import { stageFiles } from '../../../../infra/local/state/data-folder.ts'
import type { StageState } from '../../../../infra/local/state/stage-state.ts'
import { writeAtomically } from '../../../../infra/process/atomic-file.ts'
import { httpCall } from '../../../../infra/process/http-call.ts'
import { tried, until } from '../../../../infra/process/until.ts'
import { LOOPBACK } from '../../../../infra/stage/address.ts'
import { COPIES_PATH, type CopiesDocument } from '../../../../infra/stage/copies-document.ts'
import { undone } from '../../runner/undone.ts'
import { programsOf } from '../programs.ts'
import { type LossyProxy, lossyProxy } from './lossy-proxy.ts'

const TOLD = { withinMs: 30_000, everyMs: 50 }
const ASK_TIMEOUT_MS = 5_000

export type Detour = {
  /** Answers lost of each service. */
  lost(): Readonly<Record<string, number>>
}

/** While the work is done each copy of each service is asked by way of a proxy, which loses the answers that it is told to lose. */
export async function whileLosing<Value>(
  stage: StageState,
  isLost: (requestLine: string) => boolean,
  work: (detour: Detour) => Promise<Value>,
): Promise<Value> {
  const { copies: file } = stageFiles(stage.name)
  const usual = readFileSync(file, 'utf8')
  const services = Object.entries(JSON.parse(usual) as CopiesDocument)
  const proxies = new Map<string, LossyProxy[]>()
  const detoured: [string, CopiesDocument[string]][] = []
  for (const [service, copies] of services) {
    const own = await Promise.all(copies.map(({ url }) => lossyProxy(Number(new URL(url).port), isLost)))
    proxies.set(service, own)
    detoured.push([service, own.map(({ url }, index) => ({ name: `${copies[index]?.name}-lossy`, url }))])
  }
  const lostOf = (own: readonly LossyProxy[]) => own.reduce((sum, proxy) => sum + proxy.lost(), 0)
  const leaveDetour = async () => {
    await tellCallers(stage, file, usual)
    await Promise.all([...proxies.values()].flat().map((proxy) => proxy.close()))
  }
  return undone(leaveDetour, async () => {
    await tellCallers(stage, file, JSON.stringify(Object.fromEntries(detoured)))
    return work({ lost: () => Object.fromEntries([...proxies].map(([service, own]) => [service, lostOf(own)])) })
  })
}

/** Returns when each caller has gone over, and has ended what it had of the others. */
async function tellCallers(stage: StageState, file: string, text: string): Promise<void> {
  writeAtomically(file, text, { survivesPowerCut: false })
  const callers = (['gateway', 'app', 'consumers'] as const).flatMap((kind) => programsOf(stage, kind))
  await Promise.all(
    callers.map(({ name, port }) =>
      until(() => tried(() => mustHaveLeft(port)), { ...TOLD, complaint: `${name} did not go over to other copies` }),
    ),
  )
}

async function mustHaveLeft(port: number): Promise<void> {
  const { status, text } = await httpCall(`http://${LOOPBACK}:${port}${COPIES_PATH}`, { timeoutMs: ASK_TIMEOUT_MS })
  if (status !== 200) throw new Error(`${COPIES_PATH} answered ${status}`)
  const known: Record<string, { leaving: readonly string[] }> = JSON.parse(text)
  const leaving = Object.values(known).flatMap((one) => one.leaving)
  if (leaving.length > 0) throw new Error(`it still ends what it has of ${leaving.join(', ')}`)
}
