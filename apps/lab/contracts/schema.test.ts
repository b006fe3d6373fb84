import Type from 'typebox'
import { expect, test } from 'vitest'
import { misfits, type Schema } from './schema.ts'

const text = Type.String()
const ANYTHING: Schema = {}
const strict = { additionalProperties: false }
const wanted = Type.Object({ id: text, items: Type.Array(Type.Object({ name: text, count: Type.Integer() })) })
const maybe = Type.Union([text, Type.Null()])
const listed = Type.Enum(['placed', 'paid'], { type: 'string' })

test.each([
  ['the same', wanted, wanted],
  ['more than is read', Type.Object({ id: text }), wanted],
  ['whatever it is', ANYTHING, text],
  ['one of two', maybe, text],
  ['a whole number', Type.Number(), Type.Integer()],
  ['fewer values', listed, Type.Enum(['paid'], { type: 'string' })],
  ['what may be left out', Type.Object({ id: Type.Optional(text) }, strict), Type.Object({})],
  ['a narrower text', Type.String(), Type.String({ maxLength: 3 })],
])('%s will do', (_what, want, have) => {
  expect(misfits(want, have)).toEqual([])
})

const lines = (part: Parameters<typeof Type.Object>[0]) => Type.Object({ id: text, items: Type.Array(Type.Object(part)) })

test.each([
  [wanted, lines({ count: Type.Integer() }), 'items[].name is missing'],
  [wanted, lines({ name: Type.Optional(text), count: Type.Integer() }), 'items[].name may be missing'],
  [wanted, lines({ name: text, count: text }), 'items[].count is string and not integer'],
  [wanted, Type.Object({ id: text, items: text }), 'items is string and not array'],
  [Type.Integer(), Type.Number(), ' is number and not integer'],
  [text, maybe, ' is null and not string'],
  [maybe, Type.Integer(), ' may be integer'],
  [listed, Type.Enum(['placed', 'lost'], { type: 'string' }), ' may be "lost"'],
  [listed, text, ' may be any string'],
  [text, ANYTHING, ' is anything and not string'],
  [Type.Object({ id: text }, strict), Type.Object({ id: text, name: text }), 'name is not known'],
])('where %j is wanted, %j: %s', (want, have, misfit) => {
  expect(misfits(want, have).map(({ field, why }) => `${field} ${why}`)).toEqual([misfit])
})
