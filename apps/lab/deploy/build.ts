/** Another checkout of the shop: of a commit, as a git work tree beside our data, or in any folder. */
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { CHECKOUT, dataFolder } from '../../../infra/local/state/data-folder.ts'
import type { Build } from '../../../infra/stage/app-programs.ts'
import { InputError, say } from '../runner/command.ts'
import { type Git, gitIn } from './git.ts'
import { keepLastBuilds } from './old-builds.ts'
import { givePackages } from './packages.ts'

/** With its packages. Undefined for our own checkout. Throws one line for what is neither a commit of it nor another checkout. */
export async function buildFrom(from: string, checkout = CHECKOUT): Promise<Build | undefined> {
  const git = gitIn(checkout)
  const commit = await git.commit(from)
  const build = commit === undefined ? folderBuild(from, checkout) : await commitBuild(git, commit)
  if (build) await givePackages(build.folder, checkout)
  return build
}

/** Without its packages. */
export function folderBuild(from: string, checkout: string): Build | undefined {
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
  await keepLastBuilds(git, folder)
  return { folder, name }
}
