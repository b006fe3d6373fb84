import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { identityOf } from '../../../infra/process/process-table.ts'
import { testFolder } from '../../../infra/process/test-folder.ts'
import { InputError } from '../runner/command.ts'
import { buildFrom } from './build.ts'

/** A checkout as small as one can be, with two commits. */
let checkout = ''
let data = ''
const git = (...args: string[]) => execFileSync('git', ['-C', checkout, ...args], { encoding: 'utf8' }).trim()

function writeCheckout(folder: string, main: string): void {
  mkdirSync(path.join(folder, 'apps/shop'), { recursive: true })
  writeFileSync(path.join(folder, 'package.json'), '{"name":"outgrow"}')
  writeFileSync(path.join(folder, 'package-lock.json'), '{}')
  writeFileSync(path.join(folder, 'apps/shop/main.ts'), main)
}

function writeFile(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, text)
}

function commit(main: string): void {
  writeCheckout(checkout, main)
  git('add', '--all')
  git('-c', 'user.name=somebody', '-c', 'user.email=somebody@example.com', 'commit', '--quiet', '--message', main)
}

beforeEach(() => {
  checkout = testFolder()
  data = testFolder()
  vi.stubEnv('OUTGROW_DATA', data)
  writeFileSync(path.join(checkout, '.gitignore'), 'node_modules')
  mkdirSync(path.join(checkout, 'node_modules/package'), { recursive: true })
})

const mainOf = (folder = '') => readFileSync(path.join(folder, 'apps/shop/main.ts'), 'utf8')

describe('a commit', () => {
  beforeEach(() => {
    git('init', '--quiet')
    commit('first')
    commit('second')
  })

  test('is checked out beside our data, with the packages of ours, and found there again', async () => {
    const build = await buildFrom('HEAD~1', checkout)
    expect(build).toEqual({
      name: git('rev-parse', '--short', 'HEAD~1'),
      folder: path.join(data, 'builds', git('rev-parse', 'HEAD~1')),
    })
    expect(mainOf(build?.folder)).toBe('first')
    expect(existsSync(path.join(build?.folder ?? '', 'node_modules/package'))).toBe(true)
    expect(await buildFrom(git('rev-parse', 'HEAD~1'), checkout)).toEqual(build)
    rmSync(build?.folder ?? '', { recursive: true })
    expect(mainOf((await buildFrom('HEAD~1', checkout))?.folder)).toBe('first')
  })

  test('is kept while it is one of the last three, or a stage runs it', async () => {
    for (const main of ['third', 'fourth', 'fifth', 'sixth']) commit(main)
    const [deployed, ...others] = ['HEAD~5', 'HEAD~4', 'HEAD~3', 'HEAD~2', 'HEAD~1'] as const
    const inUse = await buildFrom(deployed, checkout)
    const state = { runner: identityOf(process.pid), programs: [{ name: 'products-1', build: inUse?.name }] }
    writeFile(path.join(data, 'stages/6-microservices/state.json'), JSON.stringify(state))
    mkdirSync(path.join(data, 'builds/of-somebody'))
    for (const from of others) await buildFrom(from, checkout)
    const kept = [deployed, ...others.slice(1)].map((from) => git('rev-parse', from))
    expect(readdirSync(path.join(data, 'builds')).sort()).toEqual([...kept, 'of-somebody'].sort())
    expect(git('worktree', 'list').split('\n')).toHaveLength(1 + kept.length)
    expect(existsSync(path.join(checkout, 'node_modules/package'))).toBe(true)
  })

  test('is the checkout itself where that is there', async () => {
    expect(await buildFrom('HEAD', checkout)).toBeUndefined()
    expect(existsSync(path.join(data, 'builds'))).toBe(false)
  })
})

describe('a folder', () => {
  test('is another checkout, whose packages are ours where it has none', async () => {
    writeCheckout(checkout, 'ours')
    const other = testFolder()
    writeCheckout(other, 'other')
    expect(await buildFrom(other, checkout)).toEqual({ folder: realpathSync(other), name: realpathSync(other) })
    expect(realpathSync(path.join(other, 'node_modules/package'))).toBe(path.join(checkout, 'node_modules/package'))
  })

  test('may install its own packages: ours stay', async () => {
    writeCheckout(checkout, 'ours')
    const ours = ['package/index.js', '@scope/package/index.js', '.bin/program', '.package-lock.json']
    for (const file of ours) writeFile(path.join(checkout, 'node_modules', file), 'ours')
    const other = testFolder()
    writeCheckout(other, 'other')
    const theirs = path.join(other, 'node_modules')
    // A link that leads nowhere is none.
    symlinkSync(path.join(other, 'nonesuch'), theirs)
    await buildFrom(other, checkout)
    for (const file of ours) expect(readFileSync(path.join(theirs, file), 'utf8')).toBe('ours')
    writeFile(path.join(theirs, '.package-lock.json'), 'theirs')
    for (const parent of ['@scope', '.bin', ''])
      for (const name of readdirSync(path.join(theirs, parent))) rmSync(path.join(theirs, parent, name), { recursive: true })
    for (const file of ours) expect(readFileSync(path.join(checkout, 'node_modules', file), 'utf8')).toBe('ours')
  })

  test('is ours', async () => {
    writeCheckout(checkout, 'ours')
    expect(await buildFrom(checkout, checkout)).toBeUndefined()
  })
})

test.each([
  ['nonesuch', 'neither a commit nor a folder'],
  ['--all', 'neither a commit nor a folder'],
  ['/', 'is no checkout of Outgrow'],
])('%s is refused in one line, with status 2', async (from, complaint) => {
  git('init', '--quiet')
  commit('first')
  await expect(buildFrom(from, checkout)).rejects.toThrow(complaint)
  await expect(buildFrom(from, checkout)).rejects.toThrow(InputError)
})
