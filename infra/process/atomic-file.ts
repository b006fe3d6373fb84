import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'

/** Writes a small file so that a reader, or a crash at any moment, finds either the old text or the new one. Mode 0600: it may hold a password. */
export function writeAtomically(file: string, text: string, { survivesPowerCut = true } = {}): void {
  const draft = `${file}.${process.pid}.draft`
  try {
    write(draft, text, survivesPowerCut)
    renameSync(draft, file)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  }
}

function write(file: string, text: string, synced: boolean): void {
  const handle = openSync(file, 'w', 0o600)
  try {
    writeSync(handle, text)
    if (synced) fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
