import { appendFile, mkdir, rename, rmdir, stat } from 'node:fs/promises'

export type Mail = { readonly to: string; readonly subject: string; readonly text: string }

/** The way out to people. */
export interface Mailer {
  send(mail: Mail): Promise<void>
}

const MOST_BYTES = 1_024 * 1_024
/** Much longer than it takes to give a file another name. */
const CLAIM_LIMIT_MS = 10_000

/**
 * There is no mail server: what would be mailed becomes a line of JSON in this file, which only its owner may read. Copies of the app
 * may share it. When it is large it becomes `FILE.1`, in the place of the one before.
 */
export function fileMailer(file: string): Mailer {
  return {
    async send(mail) {
      if ((await sizeOf(file)) > MOST_BYTES) await putAside(file)
      // One write at the end of the file: lines of two copies of the app do not mix.
      await appendFile(file, `${JSON.stringify({ sentAt: new Date().toISOString(), ...mail })}\n`, { mode: 0o600 })
    },
  }
}

/** One at a time, and where it is still large then: who finds another at it writes on, to the old file or to the new one. */
async function putAside(file: string): Promise<void> {
  const claim = `${file}.claim`
  try {
    await mkdir(claim)
  } catch {
    // Containers do not see each other's processes, so it is by its age that the claim of one that died is told.
    return removeOld(claim)
  }
  try {
    if ((await sizeOf(file)) > MOST_BYTES) await rename(file, `${file}.1`)
  } finally {
    await rmdir(claim).catch(() => undefined)
  }
}

async function removeOld(claim: string): Promise<void> {
  const found = await stat(claim).catch(() => undefined)
  if (found && Date.now() - found.mtimeMs > CLAIM_LIMIT_MS) await rmdir(claim).catch(() => undefined)
}

async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    (found) => found.size,
    () => 0,
  )
}
