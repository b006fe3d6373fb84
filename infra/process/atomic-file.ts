import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'

/** Writes a small file so that a reader, or a crash at any moment, finds either the old text or the new one. Unless told, it may hold a password. */
export function writeAtomically(file: string, text: string, { survivesPowerCut = true, mode = 0o600 } = {}): void {
  const draft = `${file}.${process.pid}.draft`
  try {
    write(draft, text, { synced: survivesPowerCut, mode })
    renameSync(draft, file)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  }
}

function write(file: string, text: string, { synced, mode }: { synced: boolean; mode: number }): void {
  const handle = openSync(file, 'w', mode)
  try {
    writeSync(handle, text)
    if (synced) fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
