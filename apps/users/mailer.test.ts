import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { testFolder } from '../../infra/process/test-folder.ts'
import { fileMailer } from './mailer.ts'

const mail = (number: number) => ({ to: `p${number}@example.com`, subject: 'Your code', text: `line one\nline ${number}` })

test('each mail is one line of JSON, whichever copy of the app wrote it, for nobody else to read', async () => {
  const file = join(testFolder(), 'outbox.jsonl')
  const copies = [fileMailer(file), fileMailer(file)]
  await Promise.all(Array.from({ length: 100 }, (_, number) => copies[number % 2]?.send(mail(number))))
  const lines = readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines.map(({ to }) => to).sort()).toEqual(Array.from({ length: 100 }, (_, number) => mail(number).to).sort())
  expect(lines[0]).toEqual({ sentAt: expect.stringMatching(/Z$/), ...mail(Number(/\d+/.exec(lines[0].to))) })
  expect(statSync(file).mode & 0o777).toBe(0o600)
})

test('the file does not grow for ever', async () => {
  const file = join(testFolder(), 'outbox.jsonl')
  appendFileSync(file, 'x'.repeat(2 ** 20 + 1))
  await fileMailer(file).send(mail(1))
  expect(existsSync(`${file}.1`)).toBe(true)
  expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(2)
})

test('copies that find the file large at once keep what was in it, and send every mail', async () => {
  const file = join(testFolder(), 'outbox.jsonl')
  appendFileSync(file, `${'x'.repeat(2 ** 20)}\n`)
  const copies = [fileMailer(file), fileMailer(file)]
  await Promise.all(Array.from({ length: 20 }, (_, number) => copies[number % 2]?.send(mail(number))))
  const rolled = readFileSync(`${file}.1`, 'utf8')
  expect(rolled.startsWith('x'.repeat(2 ** 20))).toBe(true)
  const lines = (rolled + readFileSync(file, 'utf8')).trimEnd().split('\n').slice(1)
  expect(lines.map((line) => JSON.parse(line).to).sort()).toEqual(
    Array.from({ length: 20 }, (_, number) => mail(number).to).sort(),
  )
})

test('a copy that died while it put the file aside keeps the others from it for a moment only', async () => {
  const file = join(testFolder(), 'outbox.jsonl')
  appendFileSync(file, `${'x'.repeat(2 ** 20)}\n`)
  mkdirSync(`${file}.claim`)
  utimesSync(`${file}.claim`, 0, 0)
  for (const number of [1, 2]) await fileMailer(file).send(mail(number))
  expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(2)
  expect(existsSync(`${file}.claim`)).toBe(false)
})
