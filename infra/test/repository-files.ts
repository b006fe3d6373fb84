import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** The files of the checkout as git knows them; of an archive's content, which has no git, all that .gitignore does not name. */
export function repositoryFiles(): string[] {
  const files = existsSync('.git') ? listedByGit() : foundByName()
  return files.filter((file) => existsSync(file))
}

function listedByGit(): string[] {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard']
  return execFileSync('git', args, { encoding: 'utf8' }).split('\n').filter(Boolean)
}

function foundByName(): string[] {
  const ignored = readFileSync('.gitignore', 'utf8')
    .split('\n')
    .map((line) => line.replaceAll('/', ''))
  const names = readdirSync('.').filter((name) => !ignored.includes(name))
  const files = names.flatMap((name) => (isFolder(name) ? filesBelow(name) : [name]))
  return files.sort()
}

function filesBelow(folder: string): string[] {
  const paths = readdirSync(folder, { encoding: 'utf8', recursive: true }).map((name) => join(folder, name))
  return paths.filter((path) => !isFolder(path))
}

function isFolder(path: string): boolean {
  return statSync(path).isDirectory()
}
