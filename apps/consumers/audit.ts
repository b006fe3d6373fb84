import type { Handler } from '../platform/inbox/handler.ts'
import { orderHandler } from './order-handler.ts'
import { insertHistory } from './queries.ts'

/** What became of each order, kept for good (H6). */
export const audit: Handler = orderHandler('audit', (trx, order, event) => insertHistory(trx, event, order))
