/** Finds a server to run: the one that a variable names, on the PATH, unpacked by an earlier start, or fetched now. */
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { serversFolder } from '../process/server-folder.ts'
import { withFileLock } from '../setup/file-lock.mjs'
import { type Kit, openKit, takeFromKit } from '../setup/kit.mjs'
import { isConfined } from './apparmor.ts'
import { fetchDebianServer, hasDebianTools } from './debian-packages.ts'
import { homebrewPrograms } from './homebrew.ts'
import { buildK6, canBuildK6 } from './k6-build.ts'
import { downloadK6, k6Release } from './k6-release.ts'
import { missingServer, reasonOf, unfetchedServer } from './missing-server.ts'
import {
  type Invocation,
  type OnProgress,
  SERVER_KINDS,
  type ServerKind,
  type ServerName,
  type ServerProgram,
} from './server-program.ts'
import { programInTree } from './unpacked-tree.ts'
import { identifyServer } from './version.ts'

/** Long enough for a slow download by another start. */
const FETCH_LOCK_DEADLINE_MS = 20 * 60_000

export type LocateOptions = {
  readonly onProgress?: OnProgress
  /** False looks at what is here already and downloads nothing. */
  readonly mayFetch?: boolean
  /** False leaves a kit alone: whoever makes one does not take from another. */
  readonly fromKit?: boolean
}

/** Throws one line that says what is missing and how to get it. */
export async function locateServer(name: ServerName, options: LocateOptions = {}): Promise<ServerProgram> {
  const kind = SERVER_KINDS[name]
  const onProgress = options.onProgress ?? (() => {})
  return (
    (await namedByVariable(kind)) ??
    (await firstUsable(kind, programsOnPath(kind), onProgress)) ??
    (await unpacked(kind, onProgress)) ??
    (await firstUsable(kind, homebrewPrograms(kind), onProgress)) ??
    (options.mayFetch === false ? undefined : await fetched(kind, options.fromKit !== false, onProgress)) ??
    missingServer(kind)
  )
}

async function namedByVariable(kind: ServerKind): Promise<ServerProgram | undefined> {
  const path = process.env[kind.variable]
  if (!path) return undefined
  try {
    return await identifyServer(kind, { path, args: kind.firstArgs, env: {} })
  } catch (error) {
    throw new Error(`${kind.variable}: ${reasonOf(error)}`)
  }
}

/** Whether a start that needs it gets it by itself. */
export function isFetchable(name: ServerName): boolean {
  return waysToFetch(SERVER_KINDS[name]).length > 0 && !process.env[SERVER_KINDS[name].variable]
}

/** Servers live in sbin folders, which an ordinary user's PATH often lacks. */
function programsOnPath(kind: ServerKind): Invocation[] {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'].filter(
    (folder) => folder !== '',
  )
  const paths = kind.binaries.flatMap((binary) => folders.map((folder) => join(folder, binary)))
  return [...new Set(paths)].filter(isExecutable).map((path) => ({ path, args: kind.firstArgs, env: {} }))
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

async function firstUsable(
  kind: ServerKind,
  programs: readonly Invocation[],
  onProgress: OnProgress,
): Promise<ServerProgram | undefined> {
  for (const program of programs) {
    if (isConfined(program.path)) {
      onProgress(`${kind.name}: not used: AppArmor keeps ${program.path} out of this folder`)
      continue
    }
    try {
      return await identifyServer(kind, program)
    } catch (error) {
      onProgress(`${kind.name}: not used: ${reasonOf(error)}`)
    }
  }
  return undefined
}

async function unpacked(kind: ServerKind, onProgress: OnProgress): Promise<ServerProgram | undefined> {
  const folder = join(serversFolder(), kind.name)
  if (!existsSync(folder)) return undefined
  try {
    const program = await programInTree(kind, folder)
    if (program !== undefined) return await identifyServer(kind, program)
    onProgress(`${kind.name}: ${folder} is incomplete`)
  } catch (error) {
    onProgress(`${kind.name}: ${reasonOf(error)}`)
  }
  return undefined
}

/** From the kit, where there is one that has it, else from the network. */
async function fetched(kind: ServerKind, fromKit: boolean, onProgress: OnProgress): Promise<ServerProgram | undefined> {
  const kit = fromKit ? await openKit() : undefined
  const ways = kit?.parts[kind.name] ? [takingFrom(kit)] : waysToFetch(kind)
  if (ways.length === 0) return undefined
  const folder = join(serversFolder(), kind.name)
  const onWait = (pid: number | undefined): void => onProgress(`${kind.name}: waiting for process ${pid}, which is fetching it …`)
  try {
    return await withFileLock(`${folder}.lock`, { deadlineMs: FETCH_LOCK_DEADLINE_MS, onWait }, async () => {
      // Another start may have fetched it while this one waited.
      const found = await unpacked(kind, () => {})
      if (found !== undefined) return found
      await fetchByFirst(ways, kind, folder, onProgress)
      return await unpacked(kind, onProgress)
    })
  } catch (error) {
    return unfetchedServer(kind, error)
  }
}

type Fetch = (kind: ServerKind, folder: string, onProgress: OnProgress) => Promise<void>

function takingFrom(kit: Kit): Fetch {
  return async ({ name }, folder, onProgress) => {
    onProgress(`${name}: unpacking it from ${kit.place} …`)
    await takeFromKit(kit, name, folder)
  }
}

function waysToFetch(kind: ServerKind): Fetch[] {
  if (kind.name === 'k6') return [...(canBuildK6() ? [buildK6] : []), ...(k6Release() === undefined ? [] : [downloadK6])]
  return kind.packages.length > 0 && hasDebianTools() ? [fetchDebianServer] : []
}

/** Throws the error of the last way; those before it are told as progress. */
async function fetchByFirst(
  [first, ...others]: Fetch[],
  kind: ServerKind,
  folder: string,
  onProgress: OnProgress,
): Promise<void> {
  try {
    await first?.(kind, folder, onProgress)
  } catch (error) {
    if (others.length === 0) throw error
    onProgress(`${kind.name}: ${reasonOf(error)}; trying another way …`)
    await fetchByFirst(others, kind, folder, onProgress)
  }
}
