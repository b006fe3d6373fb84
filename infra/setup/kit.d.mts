import type { Hash } from 'node:crypto'
import type { Transform } from 'node:stream'

export const KIT_NAME: string
export const MANIFEST: string
export const KIT_VERSION: number
export type KitPart = {
  readonly file: string
  readonly bytes: number
  readonly sha256: string
  readonly unpackedBytes: number
}
export type Manifest = {
  readonly version: number
  readonly platform: string
  /** Of package-lock.json. */
  readonly lock: string
  readonly parts: Readonly<Record<string, KitPart>>
}
export type Kit = Manifest & { readonly place: string; readonly folder: string }
export function openKit(checkout?: string): Promise<Kit | undefined>
export function takeFromKit(kit: Kit, name: string, target: string): Promise<void>
export function platformHere(): string
export function noting(hash: Pick<Hash, 'update'>): Transform
