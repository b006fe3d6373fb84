import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { testFolder } from '../../../infra/process/test-folder.ts'
import { locateServer } from '../../../infra/servers/locate-server.ts'
import { type Kit, MANIFEST, openKit, takeFromKit } from '../../../infra/setup/kit.mjs'
import { writeKit } from './write-kit.ts'

const K6 = "#!/bin/sh\necho 'k6 v1.8.1 (go1.26, linux/amd64)'\n"

/** With characters that mean something to tar and to a shell. */
let checkout: string
beforeEach(() => {
  vi.stubEnv('OUTGROW_KIT', '')
  checkout = path.join(testFolder(), "a b:c'd")
  mkdirSync(path.join(checkout, 'tree/usr/bin'), { recursive: true })
  writeFileSync(path.join(checkout, 'tree/usr/bin/k6'), K6, { mode: 0o755 })
  writeFileSync(path.join(checkout, 'tree/left-out'), '')
})
afterEach(() => vi.unstubAllEnvs())

/** Answers where it is. */
async function makeKit(isArchive = false): Promise<string> {
  const source = { name: 'k6', folder: path.join(checkout, 'tree'), without: ['./left-out'] }
  const { place } = await writeKit([source], { into: checkout, isArchive, lock: 'lock' }, path.join(checkout, 'work'))
  return place
}

async function open(): Promise<Kit> {
  const kit = await openKit(checkout)
  if (kit) return kit
  throw new Error('there is no kit')
}

function change(place: string, changes: object): void {
  const file = path.join(place, MANIFEST)
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...changes }))
}

test.each([false, true])('what was packed is unpacked, from an archive too: %s', async (isArchive) => {
  const place = await makeKit(isArchive)
  expect(readdirSync(checkout).filter((name) => name.startsWith('outgrow-kit'))).toEqual([path.basename(place)])
  const target = path.join(checkout, 'servers/k6')
  await takeFromKit(await open(), 'k6', target)
  expect(readFileSync(path.join(target, 'usr/bin/k6'), 'utf8')).toBe(K6)
  expect(readdirSync(target)).toEqual(['usr'])
})

test('where there is no kit there is none, unless one is named', async () => {
  expect(await openKit(checkout)).toBeUndefined()
  vi.stubEnv('OUTGROW_KIT', path.join(checkout, 'stick'))
  await expect(openKit(checkout)).rejects.toThrow(/^OUTGROW_KIT: there is no [^\n]+stick$/)
})

test('a new one takes the place of the old one, whichever form that had', async () => {
  await makeKit(true)
  await makeKit()
  expect(existsSync(path.join(checkout, 'outgrow-kit.tar'))).toBe(false)
  expect((await open()).place).toBe(path.join(checkout, 'outgrow-kit'))
})

test('one for other machines is refused in a line', async () => {
  change(await makeKit(), { platform: 'plan9 mips' })
  await expect(openKit(checkout)).rejects.toThrow(/^the kit [^\n]+ is for plan9 mips, and this is [^\n]+$/)
})

test('one that was cut off in the middle is refused before anything is unpacked', async () => {
  const place = await makeKit()
  truncateSync(path.join(place, 'k6.tar.gz'), 100)
  await expect(openKit(checkout)).rejects.toThrow(
    /^the kit [^\n]+ is cut off: k6\.tar\.gz has 100 of \d+ bytes; copy it here again/,
  )
})

test('so is one whose list is not there yet, or not whole', async () => {
  writeFileSync(path.join(await makeKit(), MANIFEST), '{"parts":')
  await expect(openKit(checkout)).rejects.toThrow(/^the kit [^\n]+ has no whole kit\.json/)
})

test.each([700, 1_024, 1_536])('an archive of which %i bytes have come is refused, and stays so', async (bytes) => {
  truncateSync(await makeKit(true), bytes)
  for (const time of [1, 2])
    await expect(openKit(checkout), `time ${time}`).rejects.toThrow(/^the kit [^\n]+; copy it here again/)
})

test('a part that is not what was packed leaves nothing behind, and what was there as it was', async () => {
  const place = await makeKit()
  const target = path.join(checkout, 'servers/k6')
  await takeFromKit(await open(), 'k6', target)
  const part = path.join(place, 'k6.tar.gz')
  const bytes = readFileSync(part)
  bytes.writeUInt8(bytes.readUInt8(4) ^ 1, 4) // of the time in its head, which no unpacking looks at
  writeFileSync(part, bytes)
  await expect(takeFromKit(await open(), 'k6', target)).rejects.toThrow(/another checksum[^\n]+$/)
  expect(readdirSync(path.dirname(target))).toEqual(['k6'])
  expect(existsSync(path.join(target, 'usr/bin/k6'))).toBe(true)
})

test('a part that is larger than the disk is refused before it is unpacked', async () => {
  const { parts, ...kit } = await makeKit().then(open)
  const large = { k6: { ...parts.k6, unpackedBytes: 1e18 } } as Kit['parts']
  await expect(takeFromKit({ ...kit, parts: large }, 'k6', path.join(checkout, 'servers/k6'))).rejects.toThrow(
    /^the disk is full: /,
  )
})

/** Where Homebrew has put one, that is one that is there. */
vi.mock('../../../infra/servers/homebrew.ts', () => ({ homebrewPrograms: () => [] }))

test('a server that is nowhere else comes from the kit', async () => {
  vi.stubEnv('OUTGROW_KIT', await makeKit())
  vi.stubEnv('OUTGROW_K6', '')
  vi.stubEnv('OUTGROW_SERVERS', path.join(checkout, 'servers'))
  vi.stubEnv('PATH', folderWithTar())
  const { path: found } = await locateServer('k6')
  expect(found).toBe(path.join(checkout, 'servers/k6/usr/bin/k6'))
})

function folderWithTar(): string {
  const folder = testFolder()
  const tar = (process.env.PATH ?? '')
    .split(path.delimiter)
    .map((one) => path.join(one, 'tar'))
    .find((file) => existsSync(file))
  symlinkSync(tar ?? '/usr/bin/tar', path.join(folder, 'tar'))
  return folder
}
