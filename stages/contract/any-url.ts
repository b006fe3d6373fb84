import { describe } from 'vitest'
import { contract } from './contract.ts'

const url = process.env.OUTGROW_CONTRACT_URL
if (url === undefined) throw new Error('OUTGROW_CONTRACT_URL names no shop; run: npm run contract -- URL')

/** `outbox.jsonl` in the data folder of the stage. */
const outboxFile = process.env.OUTGROW_CONTRACT_OUTBOX

describe(`the shop at ${url}`, () => contract(() => ({ url, ...(outboxFile && { outboxFile }) })))
