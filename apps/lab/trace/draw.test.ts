import { expect, test } from 'vitest'
import { drawTrace } from './draw.ts'
import type { ReadSpan } from './read-spans.ts'

const BEGIN = Date.UTC(2026, 0, 2, 3, 4, 5)
const traceId = 'a'.repeat(32)

/** `[id, parent, process, name, from, to]`, and what else is told. */
function span(
  [id, parentId, process, name, from, to]: readonly [string, string, string, string, number, number],
  more = {},
): ReadSpan {
  const times = { startMs: BEGIN + from, endMs: BEGIN + to }
  return { traceId, id, parentId: parentId || undefined, process, name, kind: 'server', attributes: {}, ...times, ...more }
}
const mysql = { kind: 'client', attributes: { 'db.system.name': 'mysql', 'server.address': 'orders-db' } }

test('a request is drawn with its parts below it, and what comes of it later with bars of its own', () => {
  const spans = [
    span(['5', '4', 'consumers-2', 'handle audit', 150, 160], { kind: 'consumer' }),
    span(['1', '', 'gateway-1', 'POST /orders', 0, 24]),
    span(['2', '1', 'gateway-1', 'call orders', 2, 22], { kind: 'client', attributes: { 'outgrow.copy': 'orders-2' } }),
    span(['6', '3', 'orders-2', 'COMMIT', 14, 20], mysql),
    span(['3', '2', 'orders-2', 'POST /orders', 3, 21]),
    span(['4', '3', 'orders-1', 'send events', 100, 110], { kind: 'producer', error: 'no room' }),
  ]
  expect(drawTrace({ traceId, spans }).split('\n')).toEqual([
    `trace ${traceId}  2026-01-02T03:04:05.000Z  6 spans of 4 processes; times in ms`,
    '',
    'gateway-1    POST /orders                  0.0  ▕████████████████████████▏     24.0',
    'gateway-1    └ call orders · orders-2      2.0  ▕  ░░░░░░░░░░░░░░░░░░░░  ▏     20.0',
    'orders-2       └ POST /orders              3.0  ▕   ██████████████████   ▏     18.0',
    'orders-2         ├ COMMIT · orders-db     14.0  ▕              ░░░░░░    ▏      6.0',
    'orders-1         └ send events           100.0  ▕████████████████████████▏     10.0  ✗ no room',
    'consumers-2        └ handle audit        150.0  ▕████████████████████████▏     10.0',
    '',
    'waited 6.0 ms for MySQL (1 statements); waited 0.0 ms for Redis (0 commands); 1 failed',
  ])
})

test('what has lost its whole, or is not told yet, stands beside it', () => {
  const spans = [
    span(['1', 'gone', 'orders-1', 'POST /orders', 0, 4]),
    span(['2', 'gone too', 'orders-1', 'COMMIT', 4, 4], mysql),
  ]
  const drawn = drawTrace({ traceId, spans }).split('\n').slice(2, 4)
  expect(drawn.map((line) => line.slice(0, 30).trim())).toEqual(['orders-1  POST /orders', 'orders-1  COMMIT · orders-db'])
})
