import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { isConfined } from './apparmor.ts'
import { homebrewPrograms } from './homebrew.ts'
import { canBuildK6 } from './k6-build.ts'
import { locateServer } from './locate-server.ts'
import { missingServer, reasonOf, unfetchedServer } from './missing-server.ts'
import { SERVER_KINDS } from './server-program.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outgrow-locate-test-'))
  vi.stubEnv('PATH', join(folder, 'bin'))
  vi.stubEnv('OUTGROW_SERVERS', join(folder, 'servers'))
  vi.stubEnv('OUTGROW_K6', '')
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true, force: true })
})

/** A k6 that says this version. */
async function installK6(place: string, version: string): Promise<string> {
  const path = join(folder, place)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, `#!/bin/sh\necho 'k6 v${version} (go1.26, linux/amd64)'\n`)
  await chmod(path, 0o755)
  return path
}

test('the variable goes before the PATH, the PATH before an unpacked one', async () => {
  const unpacked = await installK6('servers/k6/usr/bin/k6', '1.8.1')
  expect((await locateServer('k6')).path).toBe(unpacked)
  const onPath = await installK6('bin/k6', '1.2.0')
  expect(await locateServer('k6')).toEqual({ name: 'k6', path: onPath, args: [], env: {}, flavour: 'k6', version: '1.2.0' })
  const named = await installK6('mine/k6', '1.3.0')
  vi.stubEnv('OUTGROW_K6', named)
  expect((await locateServer('k6')).path).toBe(named)
})

test('one on the PATH that is too old is passed over, and that is said', async () => {
  const onPath = await installK6('bin/k6', '0.49.0')
  const unpacked = await installK6('servers/k6/usr/bin/k6', '1.8.1')
  const lines: string[] = []
  expect((await locateServer('k6', { onProgress: (line) => lines.push(line) })).path).toBe(unpacked)
  expect(lines).toEqual([`k6: not used: ${onPath} is k6 0.49.0, too old: k6 1.0+ is needed`])
})

test('a variable that names nothing usable is an error, not a reason to look elsewhere', async () => {
  await installK6('bin/k6', '1.2.0')
  vi.stubEnv('OUTGROW_K6', join(folder, 'nowhere'))
  await expect(locateServer('k6')).rejects.toThrow(/^OUTGROW_K6: .*nowhere cannot be run/)
})

test('Homebrew’s older formulas are found where they are not on the PATH', async () => {
  const path = join(folder, 'brew/opt/mysql@8.4/bin/mysqld')
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, '')
  const found = homebrewPrograms(SERVER_KINDS.mysql, [join(folder, 'brew')])
  expect(found).toEqual([{ path, args: ['--no-defaults'], env: {} }])
})

test('a server under an AppArmor profile is told from one without', async () => {
  const root = `${folder}/`
  await mkdir(join(folder, 'etc/apparmor.d/disable'), { recursive: true })
  await mkdir(join(folder, 'sys/module/apparmor/parameters'), { recursive: true })
  await writeFile(join(folder, 'etc/apparmor.d/usr.sbin.mysqld'), '')
  expect(isConfined('/usr/sbin/mysqld', root)).toBe(false)
  await writeFile(join(folder, 'sys/module/apparmor/parameters/enabled'), 'Y\n')
  expect(isConfined('/usr/sbin/mysqld', root)).toBe(true)
  expect(isConfined('/opt/mysql/bin/mysqld', root)).toBe(false)
  await writeFile(join(folder, 'etc/apparmor.d/disable/usr.sbin.mysqld'), '')
  expect(isConfined('/usr/sbin/mysqld', root)).toBe(false)
})

test.each([
  ['go1.26.8', true],
  ['go1.24', true],
  ['go1.23.4', false],
  ['', false],
])('Go "%s" can build k6: %s', (version, expected) => {
  expect(canBuildK6(version)).toBe(expected)
})

test('what is missing is said with every way to get it', () => {
  expect(() => missingServer(SERVER_KINDS.mysql)).toThrow(
    /^MySQL 8\.0\+ or MariaDB 10\.11\+ is missing; .*brew install mysql.*OUTGROW_MYSQLD.*Docker Compose/,
  )
  expect(() => unfetchedServer(SERVER_KINDS.k6, new Error('Failed to fetch x'))).toThrow(
    /^cannot fetch k6 1\.0\+: no network \(Failed to fetch x\); .*Go 1\.24/,
  )
  expect(() => unfetchedServer(SERVER_KINDS.k6, new Error('No space left on device'))).toThrow(
    /^cannot fetch k6 1\.0\+: the disk is full \(No space left on device\)$/,
  )
})

test('a reason is one line', () => {
  expect(reasonOf(new Error('one\n  two'))).toBe('one two')
  expect(reasonOf(Object.assign(new Error('open x'), { code: 'EACCES' }))).toBe('no permission (open x)')
})
