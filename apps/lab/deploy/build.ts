/** Another checkout of the shop: of a commit, as a git work tree beside our data, or in any folder. */
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { mkdir, symlink } from 'node:fs/promises'
import path from 'node:path'
import { CHECKOUT, dataFolder } from '../../../infra/local/state/data-folder.ts'
import { runProgram } from '../../../infra/process/run-program.ts'
import type { Build } from '../../../infra/stage/app-programs.ts'
import { CommandError, InputError, say } from '../runner/command.ts'

const GIT_WITHIN_MS = 60_000
/** As long as an installation may take that nobody has cached. */
const PACKAGES_WITHIN_MS = 16 * 60_000

/** With its packages. Undefined for our own checkout. Throws one line for what is neither a commit of it nor another checkout. */
export async function buildFrom(from: string, checkout = CHECKOUT): Promise<Build | undefined> {
  const git = gitIn(checkout)
  const commit = await git.commit(from)
  const build = commit === undefined ? folderBuild(from, checkout) : await commitBuild(git, commit)
  if (build) await givePackages(build.folder, checkout)
  return build
}

type Git = ReturnType<typeof gitIn>

function gitIn(checkout: string) {
  const run = (...args: string[]) =>
    runProgram({ path: 'git', args: ['-C', checkout, ...args], env: {} }, { deadlineMs: GIT_WITHIN_MS })
  return {
    /** Undefined for what git takes for none, as `.` and an absolute path, and where nothing was cloned. */
    async commit(from: string): Promise<string | undefined> {
      if (!existsSync(path.join(checkout, '.git'))) return undefined
      const { status, stdout } = await run('rev-parse', '--verify', '--quiet', '--end-of-options', `${from}^{commit}`)
      return status === 0 ? stdout.trim() : undefined
    },
    async line(...args: string[]): Promise<string> {
      const { status, stdout, stderr } = await run(...args)
      if (status !== 0) throw new CommandError(`git ${args[0]} failed: ${lastLine(stderr)}`)
      return stdout.trim()
    },
  }
}

function folderBuild(from: string, checkout: string): Build | undefined {
  const folder = path.resolve(from)
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new InputError(`"${from}" is neither a commit nor a folder`)
  if (!isCheckout(folder))
    throw new InputError(`"${from}" is no checkout of Outgrow: it has no apps/shop/main.ts, or another package.json`)
  const real = realpathSync(folder)
  return real === realpathSync(checkout) ? undefined : { folder: real, name: real }
}

function isCheckout(folder: string): boolean {
  if (!existsSync(path.join(folder, 'apps/shop/main.ts'))) return false
  try {
    return JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')).name === 'outgrow'
  } catch {
    return false
  }
}

async function commitBuild(git: Git, commit: string): Promise<Build | undefined> {
  if (commit === (await git.line('rev-parse', 'HEAD'))) return undefined
  const name = await git.line('rev-parse', '--short', commit)
  const folder = path.join(dataFolder(), 'builds', commit)
  if (!isCheckout(folder)) {
    say(`checking ${name} out …`)
    await mkdir(path.dirname(folder), { recursive: true })
    // By force where git remembers one there that somebody has removed.
    await git.line('worktree', 'add', '--force', '--detach', folder, commit)
  }
  if (!isCheckout(folder)) throw new InputError(`the commit ${name} holds no apps/shop/main.ts`)
  return { folder, name }
}

/** Ours, where it wants the same; otherwise it installs its own as any checkout does. */
async function givePackages(folder: string, checkout: string): Promise<void> {
  const modules = path.join(folder, 'node_modules')
  if (existsSync(modules)) return
  if (lockOf(folder) === lockOf(checkout)) return symlink(path.join(checkout, 'node_modules'), modules)
  say('its package-lock.json differs from ours: installing its packages …')
  const program = { path: process.execPath, args: [path.join(folder, 'apps/lab/entry.mjs'), '--help'], env: {} }
  const { status, stderr } = await runProgram(program, { deadlineMs: PACKAGES_WITHIN_MS, cwd: folder })
  if (status !== 0) throw new CommandError(`the packages of ${folder} could not be installed: ${lastLine(stderr)}`)
}

function lockOf(folder: string): string {
  return readFileSync(path.join(folder, 'package-lock.json'), 'utf8')
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}
