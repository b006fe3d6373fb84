/** What the pages and the code refer to is there: claims by their letter codes, files by their paths. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { repositoryFiles } from '../../infra/test/repository-files.ts'

const root = join(import.meta.dirname, '../..')
const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const files = repositoryFiles(root)
const pages = files.filter((file) => /^README\.md$|^stages\/[^/]+\.md$/.test(file))
const rows = read('stages/claims.md')
  .split('\n')
  .filter((line) => /^\| (?:<a[^|]*>)?[A-R]\d+ \|/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()))
const tags = rows.map(([, cell = '']) => cell.replace(/<[^>]*>/g, ''))

describe('claims', () => {
  test('each row is claimed once and says where it is shown', () => {
    expect(tags.length).toBeGreaterThan(20)
    expect(new Set(tags).size).toBe(tags.length)
    expect(rows.filter(([, , , where]) => !where)).toEqual([])
  })

  test('each row can be linked to by its code', () => {
    expect(rows.map(([, cell]) => cell)).toEqual(tags.map((tag) => `<a id="${tag.toLowerCase()}"></a>${tag}`))
  })

  test('everything that a row names is there', () => {
    const named = rows.flatMap(([, , , where = '']) => [...where.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name))
    expect(named.filter((name) => !existsSync(join(root, name)))).toEqual([])
  })

  test('each code in the comments and tests of the code has its row', () => {
    const code = files.filter((file) => /^(?:apps|infra|stages|loadtests)\/.*\.(?:ts|mjs|sql)$/.test(file))
    const used = code.flatMap((file) => [...read(file).matchAll(/(?<![\w%])[A-R]\d{1,2}(?!\w)/g)].map(([tag]) => ({ file, tag })))
    expect(used.length).toBeGreaterThan(20)
    expect(used.filter(({ tag }) => !tags.includes(tag))).toEqual([])
  })
})

describe.each(pages)('%s', (page) => {
  const text = read(page)
  const links = [...text.matchAll(/\[([^\]]*)\]\((?!https?:)([^)\s#]*)(?:#([^)\s]+))?\)/g)].map(
    ([, words = '', file = '', anchor]) => ({ words, to: file === '' ? page : join(dirname(page), file), anchor }),
  )

  test('everything that it links to is there', () => {
    expect(links.filter(({ to, anchor }) => !existsSync(join(root, to)) || (anchor && !hasAnchor(to, anchor)))).toEqual([])
  })

  test('every path in it is one of a file or folder', () => {
    const paths = [...text.matchAll(/(?<![\w./:-])(?:apps|infra|stages|loadtests)\/[\w./-]*\w/g)].map(([path]) => path)
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })

  test('each code of a claim is a link to it', () => {
    const codes = links.filter(({ words }) => /^[A-R]\d{1,2}$/.test(words))
    const astray = codes.filter(({ words, to, anchor }) => to !== 'stages/claims.md' || anchor !== words.toLowerCase())
    expect(astray).toEqual([])
    expect(plainWords(text).match(/(?<!\w)[A-R]\d{1,2}(?!\w)/g) ?? []).toEqual([])
  })
})

/** Its own, or a heading's as GitHub makes it. */
function hasAnchor(file: string, anchor: string): boolean {
  const headings = [...read(file).matchAll(/^#+ (.*)$/gm)].map(([, words = '']) => words.toLowerCase().replace(/[^\w -]/g, ''))
  return read(file).includes(`<a id="${anchor}"></a>`) || headings.some((words) => words.replaceAll(' ', '-') === anchor)
}

/** Without code, links, and the rows' own codes. */
function plainWords(markdown: string): string {
  return markdown.replace(/^```.*?^```$/gms, '').replace(/`[^`\n]*`|\[[^\]]*\]\([^)]*\)|<a id="[^"]*"><\/a>[A-R]\d+/g, '')
}
