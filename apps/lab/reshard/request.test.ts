import { expect, test } from 'vitest'
import { reshardRequest } from './request.ts'

const of = (line: string) => reshardRequest(line.split(' '))

test.each([
  ['5 --bucket 7 --to shard-3', { stage: '5', kind: 'to', bucket: '07', to: 'shard-3', isDry: false }],
  ['5 --bucket 07 --to shard-3 --dry-run', { stage: '5', kind: 'to', bucket: '07', to: 'shard-3', isDry: true }],
  ['5 --bucket 63 --back', { stage: '5', kind: 'back', bucket: '63', isDry: false }],
  ['5 --bucket 0 --finish', { stage: '5', kind: 'finish', bucket: '00', isDry: false }],
  ['5 --rebalance', { stage: '5', kind: 'rebalance', isDry: false }],
  ['5 --add shard-5', { stage: '5', kind: 'add', server: 'shard-5', isDry: false }],
  ['5 --remove shard-2 --dry-run', { stage: '5', kind: 'remove', server: 'shard-2', isDry: true }],
  [
    '5 --redis state --slots 500 --to state-2',
    { stage: '5', kind: 'slots', role: 'state', slots: 500, to: 'state-2', isDry: false },
  ],
])('"%s" is understood', (line, request) => {
  expect(of(line)).toEqual(request)
})

test.each([
  ['5', 'reshard does one thing at a time'],
  ['5 6 --rebalance', 'reshard takes one stage'],
  ['5 --bucket 7', 'reshard does one thing at a time'],
  ['5 --bucket 7 --to shard-3 --back', 'reshard does one thing at a time'],
  ['5 --bucket 7 --rebalance', 'reshard does one thing at a time'],
  ['5 --add shard-5 --rebalance', 'reshard does one thing at a time'],
  ['5 --to shard-3', 'there is no bucket ""; there are 00 to 63'],
  ['5 --bucket 64 --back', 'there is no bucket "64"'],
  ['5 --bucket 1e1 --back', 'there is no bucket "1e1"'],
  ['5 --bucket -1 --back', '--bucket takes a value'],
  ['5 --redis state --slots 0 --to state-2', '--slots takes how many slots are to be moved, not "0"'],
  ['5 --redis state --to state-2', '--slots takes how many'],
  ['5 --bucket 7 --onto shard-3', "Unknown option '--onto'"],
])('"%s" is refused', (line, complaint) => {
  expect(() => of(line)).toThrow(complaint)
})
