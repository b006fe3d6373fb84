/**
 * What the contract's answers look like, written from the design and not imported from the shop: a black box has no inside.
 */
import { expect } from 'vitest'
import type { Answer, Problem } from './client.ts'

export type User = { id: string; email: string; name: string; role: string }
export type ListedProduct = { id: string; name: string; priceCents: number; categoryId: string; stock: number }
type RelatedProduct = { id: string; name: string; priceCents: number }
export type ProductPage = {
  id: string
  name: string
  description: string
  priceCents: number
  stock: number
  popularity: number
  category: { id: string; name: string }
  related: RelatedProduct[]
}
type OrderItem = { productId: string; name: string; quantity: number; unitPriceCents: number }
export type Order = { id: string; status: string; totalCents: number; items: OrderItem[]; createdAt: string }
export type Cart = { items: OrderItem[]; totalCents: number }
export type Payment = { id: string; orderId: string; status: string; amountCents: number; createdAt: string }
export type List<Item> = { items: Item[]; nextCursor: string | null }

export const KEYS = {
  user: ['email', 'id', 'name', 'role'],
  listedProduct: ['categoryId', 'id', 'name', 'priceCents', 'stock'],
  productPage: ['category', 'description', 'id', 'name', 'popularity', 'priceCents', 'related', 'stock'],
  relatedProduct: ['id', 'name', 'priceCents'],
  order: ['createdAt', 'id', 'items', 'status', 'totalCents'],
  orderItem: ['name', 'productId', 'quantity', 'unitPriceCents'],
  cart: ['items', 'totalCents'],
  payment: ['amountCents', 'createdAt', 'id', 'orderId', 'status'],
  problem: ['code', 'detail', 'requestId', 'status', 'title', 'type'],
} as const

/** RFC 3339 in UTC. */
export const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/

/** Exactly these fields: one too many could be a leak, one too few breaks a client. */
export function expectKeys(value: object, name: keyof typeof KEYS): void {
  expect(Object.keys(value).sort()).toEqual(KEYS[name])
}

/** The answer is a problem (RFC 9457) with this status and code, and tells nothing about the shop's inside. */
export function expectProblem(answer: Answer<unknown>, status: number, code: string): void {
  expect({ status: answer.status, text: answer.text }).toMatchObject({ status, text: expect.stringContaining(`"${code}"`) })
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json\b/)
  const problem = answer.body as Problem
  expectKeys(problem, 'problem')
  expect(problem).toMatchObject({ status, code })
  expect(problem.title).not.toBe('')
  expect(problem.requestId).toMatch(/\S{8,}/)
  expectNoLeak(answer)
}

/** No stack, SQL or file path in an answer. */
export function expectNoLeak(answer: Answer<unknown>): void {
  expect(answer.text).not.toMatch(STACK_OR_PATH)
  expect(answer.text).not.toMatch(SQL)
}

const STACK_OR_PATH = /\n\s+at |\bat \S+ \(|node:internal|node_modules|\.ts:\d|\/apps\/|\bER_[A-Z]|sqlMessage/
const SQL = /\b(select|insert into|update|delete from)\b.+\b(from|where|values|set)\b/i
