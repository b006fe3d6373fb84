import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { SERVER_KINDS, type ServerName, type ServerProgram } from './server-program.ts'
import { identifyServer, parseVersion } from './version.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outgrow-version-test-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test.each<[ServerName, string, string, string]>([
  ['mysql', '/usr/sbin/mysqld  Ver 8.0.42-0ubuntu0.24.04.1 for Linux on x86_64 ((Ubuntu))', 'mysql', '8.0.42'],
  ['mysql', 'mysqld  Ver 9.7.4-2 for Linux on x86_64 ((Debian))', 'mysql', '9.7.4'],
  ['mysql', 'mysqld  Ver 10.11.19-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64 (Debian 12)', 'mariadb', '10.11.19'],
  ['redis', 'Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=5281da3f1ac8a08d', 'redis', '7.0.15'],
  ['redis', 'Valkey server v=8.1.1 sha=00000000:1 malloc=jemalloc-5.3.0 bits=64 build=d9bdb0ae4a5cbe52', 'valkey', '8.1.1'],
  ['haproxy', 'HAProxy version 2.6.12-1+deb12u4 2026/05/01 - https://haproxy.org/', 'haproxy', '2.6.12'],
  ['k6', 'k6 v1.8.1 (go1.26.8, linux/amd64)', 'k6', '1.8.1'],
])('%s: %s', (name, output, flavour, version) => {
  expect(parseVersion(name, output)).toEqual({ flavour, version })
})

test('tells a server that is too old, is something else, or does not run', async () => {
  await expect(identify("echo 'mysqld  Ver 5.7.44 for Linux'")).rejects.toThrow(
    'mysql 5.7.44, too old: MySQL 8.0+ or MariaDB 10.11+ is needed',
  )
  await expect(identify("echo 'mysqld  Ver 10.6.1-MariaDB for Linux'")).rejects.toThrow('mariadb 10.6.1, too old')
  await expect(identify('echo hello')).rejects.toThrow('is not MySQL 8.0+ or MariaDB 10.11+: it says "hello"')
  await expect(identify('echo no such library >&2; exit 127')).rejects.toThrow('does not run: no such library')
  expect(await identify("echo 'mysqld  Ver 8.0.11 for Linux'")).toMatchObject({ flavour: 'mysql', version: '8.0.11' })
})

async function identify(script: string): Promise<ServerProgram> {
  const path = join(folder, 'mysqld')
  await writeFile(path, `#!/bin/sh\n${script}\n`)
  await chmod(path, 0o755)
  return await identifyServer(SERVER_KINDS.mysql, { path, args: [], env: {} })
}
