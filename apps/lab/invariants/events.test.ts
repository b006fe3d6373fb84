import { expect, test } from 'vitest'
import { eventFindings } from './events.ts'
import { before, healthy } from './healthy-run.ts'
import type { Told } from './snapshot.ts'

type Changed = { histories: Map<string, string[]>; sales: Map<string, number> }

const toldBefore = (): Told => ({ histories: new Map([['old', ['placed', 'paid']]]), sales: new Map([['prd_1', 1]]) })
const toldAfter = (): Changed => ({
  histories: new Map([
    ['old', ['placed', 'paid']],
    ['one', ['placed', 'paid']],
    ['two', ['placed']],
    ['three', ['placed', 'cancelled']],
  ]),
  sales: new Map([['prd_1', 4]]),
})

function faultsWhere(harm: (told: Changed) => void): string[] {
  const told = toldAfter()
  harm(told)
  const findings = eventFindings({ ...before(), told: toldBefore() }, { ...healthy(), told })
  return findings.map(({ fault, subject }) => `${fault}: ${subject}`)
}

test('of a run in which all is heard once nothing is wrong', () => {
  expect(faultsWhere(() => undefined)).toEqual([])
})

const PLANTED: [name: string, harm: (told: Changed) => void, expected: string[]][] = [
  ['that an order was placed', ({ histories }) => histories.delete('two'), ['event not handled: two']],
  ['that one was paid', ({ histories }) => histories.set('one', ['placed']), ['event not handled: one']],
  ['what came first', ({ histories }) => histories.set('three', ['cancelled']), ['event handled wrongly: three']],
  ['an event twice', ({ histories }) => histories.set('one', ['placed', 'paid', 'paid']), ['event handled wrongly: one']],
  ['events in another order', ({ histories }) => histories.set('one', ['paid', 'placed']), ['event handled wrongly: one']],
  ['what never happened', ({ histories }) => histories.set('two', ['placed', 'paid']), ['event handled wrongly: two']],
  ['a sale twice', ({ sales }) => sales.set('prd_1', 7), ['sales counted wrongly: prd_1']],
  ['a sale of another product', ({ sales }) => sales.set('prd_2', 1), ['sales counted wrongly: prd_2']],
]

test.each(PLANTED)('is found where consumers have missed or done: %s', (_, harm, expected) => {
  expect(faultsWhere(harm)).toEqual(expected)
})

test('a stage that tells nobody owes nobody anything', () => {
  expect(eventFindings(before(), healthy())).toEqual([])
})
