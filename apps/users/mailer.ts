import { appendFile, rename, stat } from 'node:fs/promises'

export type Mail = { readonly to: string; readonly subject: string; readonly text: string }

/** The way out to people. */
export interface Mailer {
  send(mail: Mail): Promise<void>
}

const MOST_BYTES = 1_024 * 1_024

/**
 * There is no mail server: what would be mailed becomes a line of JSON in this file, which only its owner may read. Copies of the app
 * may share it. When it is large it becomes `FILE.1`, in the place of the one before.
 */
export function fileMailer(file: string): Mailer {
  return {
    async send(mail) {
      const size = await stat(file).then(
        (found) => found.size,
        () => 0,
      )
      if (size > MOST_BYTES) await rename(file, `${file}.1`)
      // One write at the end of the file: lines of two copies of the app do not mix.
      await appendFile(file, `${JSON.stringify({ sentAt: new Date().toISOString(), ...mail })}\n`, { mode: 0o600 })
    },
  }
}
