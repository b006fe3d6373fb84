/** Holds what a test can hold of the house style. */
import { readFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { describe, expect, test } from 'vitest'
import { functionsOf } from './function-lengths.ts'
import { repositoryFiles } from './repository-files.ts'
import { circlesIn, type Import, importsOf, rankOf, roomOf } from './staircase.ts'

const MOST_LINES_A_FILE = 250
/** Tests counted apart. */
const MOST_FILES_A_FOLDER = 25
const MOST_LINES_A_FUNCTION = 60
const MEDIAN_LINES_A_FUNCTION = 10

const CALLED_BY_K6 = ['options', 'setup', 'teardown', 'handleSummary']

const files = repositoryFiles(process.cwd())
const code = files.filter((file) => /\.(?:ts|mjs|mts)$/.test(file))
const production = code.filter(
  (file) => !/\.test\.ts$|^stages\/(?:contract|tests)\/|^infra\/test\/|^apps\/fixtures\/|\/test-[a-z-]+\.ts$/.test(file),
)
const text = (file: string): string => readFileSync(file, 'utf8')
const imports = production.flatMap((file) => importsOf(file, text(file)))
const matching = (among: readonly string[], pattern: RegExp): string[] => among.filter((file) => pattern.test(text(file)))

/** `orders` of a file in `apps/orders`, however deep. */
const moduleOf = (file: string) => /^apps\/(users|products|orders|payments)\//.exec(file)?.[1]
const isOther = (module: string | undefined, own: string) => module !== undefined && module !== own

describe('files', () => {
  test('the top level holds what the design names and what tools insist on', () => {
    const allowed =
      /^(?:apps|infra|stages|loadtests|\.ci|\.github)\/|^(?:package(?:-lock)?\.json|tsconfig\.json|biome\.json|vitest\.config\.ts|docker-compose\.yml|README\.md|LICENSE|\.gitignore|\.npmrc)$/
    expect(files.filter((file) => !allowed.test(file))).toEqual([])
  })
  test('are named in kebab-case', () => {
    const good = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+)*$/
    expect(code.filter((file) => !good.test(basename(file)))).toEqual([])
  })
  test('are named for what they are', () => {
    expect(files.filter((file) => /(?:^|\/)(?:utils?|helpers?|common|misc|lib|index)(?:\/|\.)/.test(file))).toEqual([])
  })
  test(`are no longer than ${MOST_LINES_A_FILE} lines`, () => {
    expect(code.filter((file) => text(file).split('\n').length - 1 > MOST_LINES_A_FILE)).toEqual([])
  })
  test('re-export nothing wholesale', () => {
    expect(matching(code, /^export \* from/m)).toEqual([])
  })
})

describe('functions', () => {
  const functions = production.flatMap((file) => functionsOf(file, text(file)))
  test(`are no longer than ${MOST_LINES_A_FUNCTION} lines`, () => {
    expect(functions.filter(({ lines }) => lines > MOST_LINES_A_FUNCTION)).toEqual([])
  })
  test(`have a median under ${MEDIAN_LINES_A_FUNCTION} lines`, () => {
    const lengths = functions.map(({ lines }) => lines).sort((one, other) => one - other)
    expect(lengths[Math.floor(lengths.length / 2)]).toBeLessThan(MEDIAN_LINES_A_FUNCTION)
  })
})

describe('boundaries', () => {
  test('nothing asks which stage it is in', () => {
    expect(matching(production, /\bif \([^)]*\bstage(?:\.number|Number)? ?===? ?['"\d]/)).toEqual([])
  })
  test('no folder holds more than can be looked over', () => {
    const folders = Map.groupBy(production, dirname)
    const large = [...folders].filter(([, files]) => files.length > MOST_FILES_A_FOLDER).map(([folder]) => folder)
    expect(large).toEqual([])
  })

  test('SQL stands only in queries.ts and schema.sql; infra/mysql sets servers up', () => {
    const builders =
      /\.(?:selectFrom|insertInto|updateTable|deleteFrom)\(|(?<!\.)\bsql`|\b(?:SELECT|INSERT INTO|DELETE FROM|UPDATE) [a-z_*]+ /
    const found = matching(production, builders)
    expect(found.filter((file) => basename(file) !== 'queries.ts' && !file.startsWith('infra/mysql/'))).toEqual([])
  })
  test('the lab asks its stages past whatever proxy the environment names: fetch would not', () => {
    const lab = production.filter((file) => /^(?:apps\/lab|infra)\//.test(file))
    expect(matching(lab, /(?<![.\w])fetch\(/)).toEqual(['infra/servers/download.ts'])
  })
  test('every import goes down the staircase, a type too', () => {
    const isUp = ([from, to]: Import) => roomOf(from) !== roomOf(to) && rankOf(to) >= rankOf(from)
    expect(imports.filter((one) => isUp(one) || (one[0].includes('/') && rankOf(one[1]) < 0))).toEqual([])
  })
  test('no files import each other in a circle', () => {
    expect(circlesIn(imports)).toEqual([])
  })
  test('a value that no other file names is not exported', () => {
    const words = new Map(code.map((file) => [file, new Set(text(file).match(/\w+/g))]))
    const isUsed = (name: string, own: string) => code.some((file) => file !== own && words.get(file)?.has(name))
    const unused = code.flatMap((file) => {
      const names = [...text(file).matchAll(/^export (?:async )?(?:const|let|class|function\*?) (\w+)/gm)].map(
        ([, name = '']) => name,
      )
      return names.filter((name) => !CALLED_BY_K6.includes(name) && !isUsed(name, file)).map((name) => `${file}: ${name}`)
    })
    expect(unused).toEqual([])
  })
  test('every folder has a place on the staircase', () => {
    expect(production.filter((file) => file.includes('/') && rankOf(file) < 0)).toEqual([])
  })
  test('a module uses the tables of another where an order takes its stock and a payment its order, and nowhere else', () => {
    const found = production.filter((file) => {
      const own = moduleOf(file)
      return (
        own !== undefined &&
        importsOf(file, text(file)).some(([, to]) => basename(to) === 'queries.ts' && isOther(moduleOf(to), own))
      )
    })
    const both = ['claim-transaction.ts', 'queries.ts'].map((file) => `apps/payments/claims/${file}`)
    expect(found.filter((file) => !['apps/orders/checkout-transaction.ts', ...both].includes(file))).toEqual([])
  })
})

describe('words', () => {
  const readable = files.filter((file) => !/\.(?:png|jpg)$|^package-lock\.json$/.test(file))
  test('no file names a package registry or a download host', () => {
    const hosts = new RegExp(
      ['registry\\.npmjs', 'deb\\.debian', 'proxy\\.golang', 'pypi\\.org', 'docker\\.io', 'ghcr\\.io'].join('|'),
    )
    expect(matching(readable, hosts)).toEqual([])
  })
  test('no file speaks of the place where it was written', () => {
    const places = new RegExp(['/work', '/root'].map((folder) => `${folder}/`).join('|'))
    expect(matching(readable, places)).toEqual([])
  })
})
