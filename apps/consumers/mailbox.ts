import { randomUUID } from 'node:crypto'
import { link, mkdir, readdir, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Mail } from '../users/mailer.ts'

export type Mailbox = {
  /** Once for each key. */
  deliver(key: string, mail: Mail): Promise<void>
}

const MOST_MAILS = 10_000
const KEY = /^[A-Za-z0-9._-]{1,64}$/

/** There is no mail server: a mail is a file in this folder, which any mail program opens. Its name is its key, so that none is there twice. */
export function folderMailbox(folder: string): Mailbox {
  let delivered = 0
  return {
    async deliver(key, mail) {
      if (!KEY.test(key)) throw new Error(`a mail cannot have the key "${key}"`)
      if (delivered++ % 1_000 === 0) await makeRoom(folder)
      const draft = join(folder, `.${randomUUID()}`)
      await writeFile(draft, textOf(key, mail), { mode: 0o600 })
      // It is there whole, or not.
      await link(draft, join(folder, `${key}.eml`)).catch(unlessThere)
      await unlink(draft)
    },
  }
}

async function makeRoom(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const mails = (await readdir(folder)).filter((name) => name.endsWith('.eml')).sort()
  for (const name of mails.slice(0, Math.max(0, mails.length - MOST_MAILS))) await unlink(join(folder, name))
}

function textOf(key: string, { to, subject, text }: Mail): string {
  const headers = {
    'Message-ID': `<${key}@outgrow.invalid>`,
    Date: new Date().toUTCString(),
    From: 'Outgrow <shop@outgrow.invalid>',
    To: oneLine(to),
    Subject: oneLine(subject),
    'MIME-Version': '1.0',
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Transfer-Encoding': '8bit',
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  return [...lines, '', ...text.split('\n'), ''].join('\r\n')
}

/** Whoever may choose a line's text must not begin another header. */
function oneLine(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ')
}

function unlessThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}
