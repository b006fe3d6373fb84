import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { ServerProgram } from '../../../infra/servers/server-program.ts'
import { runK6 } from '../load/k6-process.ts'

const LOAD = { RATE: '5', DURATION: '20s', WARM_UP: '5s' }
const ENDS_WITHIN_MS = 120_000

/** Journeys that any stage on any laptop keeps up with; how fast they are is not asked here. */
export async function loadShop(url: string, k6: ServerProgram, signal: AbortSignal): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'outgrow-doctor-'))
  const script = path.join(import.meta.dirname, '../../../loadtests/checkout.ts')
  try {
    await runK6({ k6, script, env: { ...LOAD, BASE_URL: url }, folder, deadlineMs: ENDS_WITHIN_MS, signal })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
