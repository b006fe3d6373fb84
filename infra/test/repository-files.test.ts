import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { testFolder } from '../process/test-folder.ts'
import { repositoryFiles } from './repository-files.ts'

const root = join(import.meta.dirname, '../..')
const git = spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
const hasGit = existsSync(join(root, '.git')) && git.status === 0
if (!hasGit) console.warn('skipped: there is no git here to say which files are the project')

test.runIf(hasGit)('are those that git would take', () => {
  const files = git.stdout.split('\n').filter((file) => file !== '' && existsSync(join(root, file)))
  expect(repositoryFiles(root)).toEqual(files.sort())
})

test('leave out what .gitignore names, at the top or anywhere', () => {
  const folder = testFolder()
  for (const name of ['a/b', 'a/skip', '.git', '.ci', 'skip']) mkdirSync(join(folder, name), { recursive: true })
  writeFileSync(join(folder, '.gitignore'), '# why\nskip/\n/order\n')
  for (const file of ['order', 'a/order', 'a/b/c.ts', 'a/skip/d.ts', 'skip/e', '.git/HEAD', '.ci/run']) {
    writeFileSync(join(folder, file), '')
  }
  expect(repositoryFiles(folder)).toEqual(['.ci/run', '.gitignore', 'a/b/c.ts', 'a/order'])
})
