/** A server as a kit holds it: with all that it stands on, as another machine may have less installed than this one. */
import { copyFile, mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { fetchDebianServer, hasDebianTools } from '../../../infra/servers/debian-packages.ts'
import { locateServer } from '../../../infra/servers/locate-server.ts'
import { type OnProgress, SERVER_KINDS, type ServerKind, type ServerName } from '../../../infra/servers/server-program.ts'
import { programInTree } from '../../../infra/servers/unpacked-tree.ts'
import { identifyServer } from '../../../infra/servers/version.ts'

/** Answers the folder that has it, below `root`. Throws one line. */
export async function kitServer(name: ServerName, root: string, onProgress: OnProgress): Promise<string> {
  const folder = path.join(root, name)
  if (name === 'k6') await copyK6(folder, onProgress)
  else await fetchServer(SERVER_KINDS[name], folder, onProgress)
  return folder
}

/** One program and nothing else, wherever it was found. */
async function copyK6(folder: string, onProgress: OnProgress): Promise<void> {
  const found = await locateServer('k6', { onProgress, fromKit: false })
  await rm(folder, { recursive: true, force: true })
  await mkdir(path.join(folder, 'usr/bin'), { recursive: true })
  await copyFile(found.path, path.join(folder, 'usr/bin/k6'))
}

async function fetchServer(kind: ServerKind, folder: string, onProgress: OnProgress): Promise<void> {
  if (!hasDebianTools())
    throw new Error(`it comes from Debian's or Ubuntu's packages; each machine needs its own: brew install ${kind.formulas[0]}`)
  if (await runsFrom(kind, folder)) onProgress(`${kind.name}: fetched earlier, in ${folder}`)
  else await fetchDebianServer(kind, folder, onProgress, { forAnySystem: true })
}

async function runsFrom(kind: ServerKind, folder: string): Promise<boolean> {
  try {
    const program = await programInTree(kind, folder)
    return program !== undefined && (await identifyServer(kind, program)) !== undefined
  } catch {
    return false
  }
}
