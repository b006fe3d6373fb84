/** Builds k6 with Go, below the servers' folder and nowhere else. */
import { execFileSync } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { runProgram } from '../process/run-program.ts'
import { requireFreeSpace } from './free-space.ts'
import type { OnProgress, ServerKind } from './server-program.ts'
import { swapIn } from './swap-in.ts'
import { lastLine } from './version.ts'

export const K6_VERSION = 'v1.8.1'
const MODULE = `go.k6.io/k6@${K6_VERSION}`
/** Modules and object files, all removed in the end. */
const NEEDED_MB = 2_500
const BUILD_DEADLINE_MS = 20 * 60_000
const PROGRESS_EVERY_MS = 10_000

/** True where Go is new enough for k6. */
export function canBuildK6(goVersion = installedGo()): boolean {
  const [, major, minor] = /go(\d+)\.(\d+)/.exec(goVersion) ?? []
  return Number(major) > 1 || (Number(major) === 1 && Number(minor) >= 24)
}

export async function buildK6(kind: ServerKind, folder: string, onProgress: OnProgress): Promise<void> {
  const work = `${folder}.work`
  await requireFreeSpace(work, NEEDED_MB)
  await mkdir(work, { recursive: true })
  // Modules and objects stay in the work folder too: nothing is left in the user's own Go folders, and a cut-off build goes on.
  const env = {
    GOPATH: join(work, 'go'),
    GOBIN: join(work, 'root/usr/bin'),
    GOCACHE: join(work, 'cache'),
    GOFLAGS: '-modcacherw',
  }
  onProgress(`k6: building ${MODULE} with Go, about two minutes …`)
  const startedAt = Date.now()
  const timer = setInterval(
    () => onProgress(`k6: still building, ${Math.round((Date.now() - startedAt) / 1000)} s`),
    PROGRESS_EVERY_MS,
  )
  try {
    const { status, stderr } = await runProgram({ path: 'go', args: ['install', MODULE], env }, { deadlineMs: BUILD_DEADLINE_MS })
    if (status !== 0) throw new Error(`go install ${MODULE} failed: ${lastLine(stderr)}`)
  } finally {
    clearInterval(timer)
  }
  await swapIn(kind, work, folder)
}

function installedGo(): string {
  try {
    return execFileSync('go', ['env', 'GOVERSION'], { encoding: 'utf8', timeout: 10_000, stdio: ['ignore', 'pipe', 'ignore'] })
  } catch {
    return ''
  }
}
