import { expect, test } from 'vitest'
import { megabytesIn } from './compose-subject.ts'
import { type Row, withRows } from './requirements.ts'

const row: Row = {
  stage: '1-single-node',
  runtime: 'npm start',
  diskMb: 250.4,
  restMiB: 210,
  loadMiB: null,
  firstS: 8.6,
  againS: 3.2,
}
const page = 'before\n<!-- requirements -->\nnothing yet\n<!-- /requirements -->\nafter\n'

function written(text: string, rows: readonly Row[], machine = 'a laptop'): string[] {
  return (withRows(text, rows, machine) ?? '').split('\n')
}

test('what was measured stands between the markers, and nothing else is touched', () => {
  expect(written(page, [row])).toEqual([
    'before',
    '<!-- requirements -->',
    'Measured by `npm run doctor -- --measure` on a laptop:',
    '',
    expect.stringContaining('| stage | runtime | disk, MB |'),
    '|---|---|---|---|---|---|---|',
    '| 1-single-node | npm start | 250 | 210 | – | 9 | 3 |',
    '<!-- /requirements -->',
    'after',
    '',
  ])
})

test('a row measured anew takes the place of its old one; the others stay, by stage', () => {
  const two = written(page, [{ ...row, stage: '2-split-database' }, row]).join('\n')
  const rows = written(two, [
    { ...row, firstS: 20 },
    { ...row, runtime: 'Docker Compose' },
  ]).filter((line) => /^\| \d/.test(line))
  expect(rows).toEqual([
    '| 1-single-node | Docker Compose | 250 | 210 | – | 9 | 3 |',
    '| 1-single-node | npm start | 250 | 210 | – | 20 | 3 |',
    '| 2-split-database | npm start | 250 | 210 | – | 9 | 3 |',
  ])
})

test('rows of another machine go', () => {
  const old = written(page, [row], 'a desktop').join('\n')
  const rows = written(old, [{ ...row, stage: '2-split-database' }]).filter((line) => /^\| \d/.test(line))
  expect(rows).toEqual(['| 2-split-database | npm start | 250 | 210 | – | 9 | 3 |'])
})

test('a page without the markers is not written to', () => {
  expect(withRows('nothing', [row], 'a laptop')).toBeUndefined()
})

test.each([
  ['233.1MB', 233.1],
  ['53B', 0.000_053],
  ['1.5GB', 1_500],
  ['12kB', 0.012],
  ['N/A', 0],
])('Docker’s word for a size: %s', (text, megabytes) => {
  expect(megabytesIn(text)).toBeCloseTo(megabytes, 9)
})
