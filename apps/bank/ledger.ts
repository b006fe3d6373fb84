/**
 * The bank's book: one JSON line a charge, appended and forced to disk before anybody hears of it.
 * Double entry: a captured charge is two postings that sum to 0, so a line that was tampered with or half written shows.
 */
import { type FileHandle, mkdir, open, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { groupedWrites } from './grouped-writes.ts'

export type Charge = {
  readonly chargeId: string
  readonly key: string
  readonly reference: string
  readonly card: string
  readonly amountCents: number
  readonly status: 'captured' | 'declined'
}
type Posting = { readonly account: string; readonly cents: number }
type Entry = Charge & { readonly at: string; readonly postings: readonly Posting[] }

export interface Ledger {
  /** In the order in which they were made. */
  charges(): readonly Charge[]
  find(key: string): Charge | undefined
  /** Resolves when the charge is on disk. Throws where it is not, and then it is not in the book either. */
  append(charge: Charge): Promise<void>
  /** From here on there are no charges. For the demo data that is put back; nothing is erased. */
  beginAnew(): Promise<void>
  close(): Promise<void>
}

/** Reads the book back; a last line that a crash cut short was never answered, and is cut off. Throws for any other line that is wrong. */
export async function openLedger(path: string): Promise<Ledger> {
  await mkdir(dirname(path), { recursive: true })
  const file = await open(path, 'a', 0o600)
  return readBack(file, path).catch(async (error) => {
    await file.close()
    throw error
  })
}

async function readBack(file: FileHandle, path: string): Promise<Ledger> {
  const bytes = await readFile(path)
  const end = bytes.lastIndexOf('\n') + 1
  if (end < bytes.length) await file.truncate(end)
  await syncFolder(dirname(path))
  const charges = readLines(bytes.subarray(0, end))
  const write = groupedWrites(file, end)
  return {
    charges: () => [...charges.values()],
    find: (key) => charges.get(key),
    async append(charge) {
      await write(`${JSON.stringify(entryOf(charge))}\n`)
      charges.set(charge.key, charge)
    },
    async beginAnew() {
      await write(`${NEW_BOOK}\n`)
      charges.clear()
    },
    close: () => file.close(),
  }
}

/** The line after which the book begins anew. */
const NEW_BOOK = JSON.stringify({ newBook: true })

/** A new file is only there after a power cut if its folder was written too. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  await folder.sync().finally(() => folder.close())
}

/** By key. Two lines of one key are a card charged twice: read as one, the second charge would vanish with a restart. */
function readLines(bytes: Buffer): Map<string, Charge> {
  const charges = new Map<string, Charge>()
  const lineOf = new Map<string, number>()
  for (const [index, line] of bytes.toString('utf8').split('\n').slice(0, -1).entries()) {
    const number = index + 1
    if (line === NEW_BOOK) {
      charges.clear()
      lineOf.clear()
      continue
    }
    const charge = readLine(line, number)
    const first = lineOf.get(charge.key)
    if (first !== undefined) throw wrongLine(number, `line ${first} has its key ${charge.key} too`)
    lineOf.set(charge.key, number)
    charges.set(charge.key, charge)
  }
  return charges
}

function readLine(line: string, number: number): Charge {
  try {
    const { at: _, postings, ...charge } = JSON.parse(line) as Entry
    if (postings.reduce((sum, { cents }) => sum + cents, 0) !== 0) throw new Error('its postings do not sum to 0')
    return charge
  } catch (error) {
    throw wrongLine(number, error instanceof Error ? error.message : String(error))
  }
}

function wrongLine(number: number, why: string): Error {
  return new Error(`line ${number} of the ledger is wrong: ${why}`)
}

function entryOf(charge: Charge): Entry {
  const { card, amountCents } = charge
  const moved = [
    { account: `card:${card}`, cents: -amountCents },
    { account: 'merchant', cents: amountCents },
  ]
  return { ...charge, at: new Date().toISOString(), postings: charge.status === 'captured' ? moved : [] }
}
