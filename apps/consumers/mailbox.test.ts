import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { testFolder } from '../../infra/process/test-folder.ts'
import { folderMailbox } from './mailbox.ts'

const mail = { to: 'a@example.com', subject: 'Your order', text: 'Two lines,\nthe last of which says ü.' }

test('a mail is one file that a mail program opens, once however often and by whomever it is delivered', async () => {
  const folder = join(testFolder(), 'mails')
  const boxes = [folderMailbox(folder), folderMailbox(folder)]
  await Promise.all(Array.from({ length: 20 }, (_, number) => boxes[number % 2]?.deliver('evt_1', mail)))
  expect(readdirSync(folder)).toEqual(['evt_1.eml'])
  const file = join(folder, 'evt_1.eml')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const [head = '', body] = readFileSync(file, 'utf8').split('\r\n\r\n')
  expect(head.split('\r\n')).toContain('To: a@example.com')
  expect(body).toBe('Two lines,\r\nthe last of which says ü.\r\n')
})

test('nobody writes headers of their own, or leaves the folder', async () => {
  const folder = join(testFolder(), 'mails')
  const box = folderMailbox(folder)
  await box.deliver('evt_2', { ...mail, subject: 'Hello\r\nBcc: all@example.com', to: 'a@example.com\nX: y' })
  const head = readFileSync(join(folder, 'evt_2.eml'), 'utf8').split('\r\n\r\n')[0] ?? ''
  expect(head.split('\r\n').filter((line) => /^(?:Bcc|X):/.test(line))).toEqual([])
  await expect(box.deliver('../evt_3', mail)).rejects.toThrow('cannot have the key')
  expect(existsSync(join(folder, '..', 'evt_3.eml'))).toBe(false)
})
