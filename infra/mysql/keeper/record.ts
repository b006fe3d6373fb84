import { readFileSync } from 'node:fs'
import { writeAtomically } from '../../process/atomic-file.ts'

/** What must outlive the keeper: who takes the writes, and how often that has changed. */
export type GroupRecord = { readonly epoch: number; readonly primary?: string }

/** Throws if the file is damaged: to guess who was primary could lose writes. */
export function readRecord(file: string): GroupRecord {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { epoch: 0 }
    throw error
  }
  const { epoch, primary } = JSON.parse(text)
  if (Number.isSafeInteger(epoch) && typeof primary === 'string') return { epoch, primary }
  throw new Error(`${file} does not say who was primary`)
}

/** On disk when it returns. */
export function writeRecord(file: string, record: Required<GroupRecord>): void {
  writeAtomically(file, `${JSON.stringify(record)}\n`)
}
