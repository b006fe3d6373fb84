import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** All files of the project, found without git: where it was downloaded as a ZIP there is none. */
export function repositoryFiles(root: string): string[] {
  const ignored = new Set(['.git', ...namesIn(readFileSync(join(root, '.gitignore'), 'utf8'))])
  const filesOf = (folder: string): string[] =>
    readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name)
      if (ignored.has(entry.name) || ignored.has(`/${path}`)) return []
      return entry.isDirectory() ? filesOf(path) : [path]
    })
  return filesOf('').sort()
}

/** Names that are ignored wherever they are, and paths from the top, which begin with a slash; more our .gitignore does not say. */
function namesIn(gitignore: string): string[] {
  const lines = gitignore.split('\n').filter((line) => /^[^#\s]/.test(line))
  return lines.map((line) => line.replace(/\/$/, ''))
}
