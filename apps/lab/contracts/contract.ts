/** What a service offers the others and what it asks of them, as one file: the only thing that has to be known of a build to judge it. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Schema } from './schema.ts'

export type Offer = { readonly takes?: Schema; readonly answers?: Schema }
export type Ask = { readonly sends?: Schema; readonly reads?: Schema }
export type Contract = {
  readonly provides: Readonly<Record<string, Offer>>
  /** By services, then by routes. */
  readonly needs: Readonly<Record<string, Readonly<Record<string, Ask>>>>
}
export type Contracts = Readonly<Record<string, Contract>>

/** What can be deployed alone, and who else asks these. */
export const PARTIES = ['users', 'products', 'orders', 'payments', 'gateway', 'consumers'] as const
export type Party = (typeof PARTIES)[number]

const FOLDER = 'apps/contracts'

/** Undefined where that checkout holds none: it is older than contracts. */
export function readContract(checkout: string, name: Party): Contract | undefined {
  try {
    return JSON.parse(readFileSync(contractFile(checkout, name), 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

export function contractFile(checkout: string, name: Party): string {
  return path.join(checkout, FOLDER, `${name}.json`)
}
