import { describe, expect, test } from 'vitest'
import { checkSightings } from './check-sightings.ts'
import type { Register, SessionSeen, Sighting } from './sightings.ts'

const ORDER: Register = { of: 'order', id: 'ord_1' }
const OTHER: Register = { of: 'order', id: 'ord_2' }
const PRICE: Register = { of: 'price', id: 'prd_1' }

/** An order is placed and paid, a price rises, one session stays, one leaves, and a key is sent twice. */
const HEALTHY: readonly Sighting[] = [
  write(ORDER, 1, 100),
  read(ORDER, 1, 101, 110),
  read(ORDER, 1, 111, 130),
  write(ORDER, 3, 200),
  read(ORDER, 3, 201, 210),
  write(PRICE, 500, 100),
  read(PRICE, 500, 101, 110),
  write(PRICE, 501, 200),
  read(PRICE, 501, 201, 210),
  session('stays', 'begun', 0, 10),
  session('stays', 'accepted', 11, 20),
  session('stays', 'accepted', 900, 910),
  session('leaves', 'begun', 0, 10),
  session('leaves', 'accepted', 11, 20),
  session('leaves', 'leaving', 300, 300),
  session('leaves', 'ended', 300, 310),
  session('leaves', 'refused', 311, 320),
  answer('k1', '201 {"id":"ord_1"}'),
  answer('k1', '201 {"id":"ord_1"}'),
]

function faultsWith(...more: Sighting[]): string[] {
  return checkSightings([...HEALTHY, ...more]).findings.map(({ fault, subject }) => `${fault}: ${subject}`)
}

describe('finds nothing', () => {
  test.each<[string, Sighting[]]>([
    ['after a healthy run', []],
    ['when a read that began before the acknowledgement saw the old version', [read(ORDER, 1, 199, 260)]],
    ['when a write whose answer was lost is seen', [read(PRICE, 502, 300, 310)]],
    ['when a price goes back and forth before it is acknowledged', [read(PRICE, 502, 300, 310), read(PRICE, 501, 311, 320)]],
    ['when a session is still open while its log-out is under way', [session('leaves', 'accepted', 305, 330)]],
    ['when a session is over before its log-out is acknowledged', [session('leaves', 'refused', 301, 305)]],
    ['when a request was under way as its log-in was', [session('stays', 'refused', 5, 15)]],
    ['when the same key is used for an order and for its payment', [payment('k1', '201 {"id":"pay_1"}')]],
  ])('%s', (_, more) => {
    expect(faultsWith(...more)).toEqual([])
  })
})

const PLANTED: [name: string, harm: Sighting[], expected: string[]][] = [
  [
    'an order is not there after it was acknowledged',
    [read(ORDER, 0, 150, 160)],
    ['stale read of an order: ord_1', 'read went backwards: ord_1'],
  ],
  ['an order is missing at its first read', [write(OTHER, 1, 100), read(OTHER, 0, 101, 110)], ['stale read of an order: ord_2']],
  ['a paid order is placed again', [write(OTHER, 3, 100), read(OTHER, 1, 101, 110)], ['stale read of an order: ord_2']],
  [
    'an order of unknown outcome is there and gone',
    [read(OTHER, 1, 100, 110), read(OTHER, 0, 111, 120)],
    ['read went backwards: ord_2'],
  ],
  ['an old price is shown', [read(PRICE, 500, 201, 220)], ['stale read of a price: prd_1']],
  ['an old price is shown much later', [read(PRICE, 500, 9_000, 9_010)], ['stale read of a price: prd_1']],
  ['a logged-out session opens something', [session('leaves', 'accepted', 311, 320)], ['revoked session seen: leaves']],
  ['a logged-out session comes back later', [session('leaves', 'accepted', 9_000, 9_010)], ['revoked session seen: leaves']],
  ['a session is forgotten', [session('stays', 'refused', 400, 410)], ['session lost: stays']],
  [
    'a session is forgotten by one app alone',
    [session('stays', 'refused', 30, 40), session('stays', 'accepted', 41, 50)],
    ['session lost: stays'],
  ],
  ['a session is forgotten before its log-out', [session('leaves', 'refused', 30, 40)], ['session lost: leaves']],
  ['a key is answered with another order', [answer('k1', '201 {"id":"ord_9"}')], ['key answered differently: order k1']],
  ['a key is refused after it was done', [answer('k1', '409 {"code":"OUT_OF_STOCK"}')], ['key answered differently: order k1']],
  [
    'a payment is answered with another amount',
    [payment('k1', '201 {"amountCents":1}'), payment('k1', '201 {"amountCents":2}')],
    ['key answered differently: payment k1'],
  ],
]

describe('finds that', () => {
  test.each(PLANTED)('%s', (_, harm, expected) => {
    expect(faultsWith(...harm)).toEqual(expected)
  })
})

describe('a session that began in a declared window', () => {
  const lost = [session('new', 'begun', 480, 490), session('new', 'refused', 700, 710)]

  test('may be lost, and is told apart', () => {
    const { findings, lostInWindow } = checkSightings([...HEALTHY, ...lost], [{ from: 400, to: 500 }])
    expect(findings).toEqual([])
    expect(lostInWindow).toEqual(['new'])
  })
  test('may not be lost outside of it', () => {
    const { findings, lostInWindow } = checkSightings([...HEALTHY, ...lost], [{ from: 400, to: 489 }])
    expect(findings.map(({ fault }) => fault)).toEqual(['session lost'])
    expect(lostInWindow).toEqual([])
  })
  test('may not come back after its log-out', () => {
    const back = [session('new', 'begun', 480, 490), session('new', 'ended', 495, 499), session('new', 'accepted', 700, 710)]
    const { findings } = checkSightings([...HEALTHY, ...back], [{ from: 400, to: 500 }])
    expect(findings.map(({ fault }) => fault)).toEqual(['revoked session seen'])
  })
})

test('tells what was seen, where and how long after', () => {
  const { findings } = checkSightings([...HEALTHY, read(PRICE, 500, 201, 220), session('leaves', 'accepted', 315, 320)])
  expect(findings.map(({ detail }) => detail)).toEqual([
    'version 500 in the page, app-2; 501 was acknowledged 1 ms before',
    'the page, app-2 took it 5 ms after its log-out was acknowledged; 1 answers in all',
  ])
})

function write(register: Register, version: number, at: number): Sighting {
  return { kind: 'write', register, version, at }
}

function read(register: Register, version: number, startedAt: number, endedAt: number): Sighting {
  return { kind: 'read', register, version, startedAt, endedAt, where: 'the page, app-2' }
}

function session(name: string, event: SessionSeen['event'], startedAt: number, endedAt: number): Sighting {
  return { kind: 'session', session: name, event, startedAt, endedAt, where: 'the page, app-2' }
}

function answer(key: string, text: string): Sighting {
  return { kind: 'answer', operation: 'order', key, answer: text }
}

function payment(key: string, text: string): Sighting {
  return { kind: 'answer', operation: 'payment', key, answer: text }
}
