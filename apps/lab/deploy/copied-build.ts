import { cp, rm } from 'node:fs/promises'
import path from 'node:path'
import { CHECKOUT } from '../../../infra/local/state/data-folder.ts'
import { givePackages } from './packages.ts'

/** What a service's program is made of. */
const PARTS = ['apps', 'infra', 'loadtests', 'package.json', 'package-lock.json']

/** This checkout once more, as it is now: to all but itself another build. Its packages are ours. */
export async function copyCheckout(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  for (const part of PARTS) await cp(path.join(CHECKOUT, part), path.join(folder, part), { recursive: true })
  await givePackages(folder, CHECKOUT)
}
