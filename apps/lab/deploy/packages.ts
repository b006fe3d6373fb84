/** The packages of another checkout. */
import { existsSync, readFileSync } from 'node:fs'
import { copyFile, mkdir, readdir, rename, rm, symlink } from 'node:fs/promises'
import path from 'node:path'
import { runProgram } from '../../../infra/process/run-program.ts'
import { CommandError, say } from '../runner/command.ts'
import { lastLine } from './git.ts'

/** As long as an installation may take that nobody has cached. */
const PACKAGES_WITHIN_MS = 16 * 60_000

/** Ours, where it has none and wants the same; otherwise it installs its own as any checkout does. */
export async function givePackages(folder: string, checkout: string): Promise<void> {
  if (existsSync(path.join(folder, 'node_modules'))) return
  if (lockOf(folder) === lockOf(checkout)) return lendPackages(folder, checkout)
  say('its package-lock.json differs from ours: installing its packages …')
  const program = { path: process.execPath, args: [path.join(folder, 'apps/lab/entry.mjs'), '--help'], env: {} }
  const { status, stderr } = await runProgram(program, { deadlineMs: PACKAGES_WITHIN_MS, cwd: folder })
  if (status !== 0) throw new CommandError(`the packages of ${folder} could not be installed: ${lastLine(stderr)}`)
}

function lockOf(folder: string): string {
  return readFileSync(path.join(folder, 'package-lock.json'), 'utf8')
}

/** A folder of its own, so that an installation there takes links away, not what they lead to. It comes whole or not at all. */
async function lendPackages(folder: string, checkout: string): Promise<void> {
  const modules = path.join(folder, 'node_modules')
  const unfinished = `${modules}.${process.pid}`
  try {
    await linkPackages(path.join(checkout, 'node_modules'), unfinished)
    // A link that leads nowhere.
    await rm(modules, { force: true })
    await rename(unfinished, modules)
  } finally {
    await rm(unfinished, { recursive: true, force: true })
  }
}

async function linkPackages(from: string, to: string): Promise<void> {
  await mkdir(to)
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)]
    if (entry.isDirectory() && holdsPackages(entry.name)) await linkPackages(source, target)
    // npm's and our own notes of what is installed: whoever installs writes them anew.
    else if (entry.isFile()) await copyFile(source, target)
    else if (!entry.name.startsWith('.')) await symlink(source, target)
  }
}

/** Into which an installation writes; other hidden folders are caches. */
function holdsPackages(name: string): boolean {
  return name.startsWith('@') || name === '.bin'
}
