import { statfs } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

/** Throws one line where fewer megabytes are left for a folder, which need not exist yet. */
export async function requireFreeSpace(folder: string, neededMb: number): Promise<void> {
  const { bavail, bsize } = await statfsOfNearest(resolve(folder))
  const freeMb = Math.floor((bavail * bsize) / 1_000_000)
  if (freeMb < neededMb) throw new Error(`the disk is full: ${freeMb} MB are left for ${folder}, ${neededMb} MB are needed`)
}

async function statfsOfNearest(folder: string): Promise<{ bavail: number; bsize: number }> {
  try {
    return await statfs(folder)
  } catch (error) {
    if (folder === dirname(folder)) throw error
    return await statfsOfNearest(dirname(folder))
  }
}
