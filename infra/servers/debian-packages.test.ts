/** Real apt is used by every first start; here a fake one plays what this machine is not: Ubuntu, a cut-off download, no network. */
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { fetchDebianServer, hasDebianTools } from './debian-packages.ts'
import { SERVER_KINDS } from './server-program.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outgrow-apt-test-'))
  await mkdir(join(folder, 'bin'))
  for (const [name, script] of Object.entries(FAKES)) {
    await writeFile(join(folder, 'bin', name), `#!/bin/sh\n${script}\n`)
    await chmod(join(folder, 'bin', name), 0o755)
  }
  vi.stubEnv('PATH', `${join(folder, 'bin')}:${process.env.PATH}`)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true, force: true })
})

const FAKES = {
  'apt-config': `echo 'Acquire::http::Proxy "http://proxy.example";'; echo 'APT::Update::Post-Invoke:: "rm -f everything";'`,
  'apt-cache': `case "$1 $2" in
    'pkgnames mysql-server-core-') printf 'mysql-server-core-8.0\\nmysql-server-core-8.4\\nmysql-server-core-5.7\\n' ;;
    'policy redis-server') echo '  Candidate: 5:7.0.15-1~deb12u10' ;;
    'policy mysql-server-core-8.4') [ -n "$NO_NETWORK" ] || echo '  Candidate: 8.4.5-0ubuntu0.1' ;;
    policy*) echo '  Candidate: (none)' ;;
  esac`,
  'apt-get': `cp "$APT_CONFIG" "$FAKE/used.conf"
    [ -z "$NO_NETWORK" ] || echo "W: Failed to fetch http://mirror.example/dists/x  Could not resolve 'mirror.example'" >&2
    case "$*" in
      *--print-uris*) printf "'http://mirror.example/a.deb' mysql-server-core-8.4_8.4.5.deb 2500000 SHA256:0\\n'http://mirror.example/b.deb' libaio1.deb 600000 \\n" ;;
      *--download-only*) echo "$*" > "$FAKE/asked"; [ -z "$CUT_OFF" ] || { echo 'E: Unable to fetch some archives' >&2; exit 100; } ;;
    esac`,
  'dpkg-deb': `mkdir -p "$3/usr/sbin" "$3/usr/share/doc/x" "$3/usr/share/mysql"
    case "$2" in *mysql-server-core-8.4*) printf '#!/bin/sh\\necho mysqld  Ver 8.4.5 for Linux\\n' > "$3/usr/sbin/mysqld"; chmod +x "$3/usr/sbin/mysqld" ;; esac`,
}

async function fetchMysql(env: Record<string, string> = {}): Promise<string[]> {
  vi.stubEnv('FAKE', folder)
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  const lines: string[] = []
  await fetchDebianServer(SERVER_KINDS.mysql, join(folder, 'servers/mysql'), (line) => lines.push(line))
  return lines
}

test.skipIf(!hasDebianTools())('takes the highest MySQL that the distribution has, and says how much it downloads', async () => {
  const lines = await fetchMysql()
  expect(lines).toContain('mysql: downloading mysql-server-core-8.4 (2 packages, 4 MB) …')
  expect(existsSync(join(folder, 'servers/mysql/usr/sbin/mysqld'))).toBe(true)
  expect(existsSync(join(folder, 'servers/mysql/usr/share/doc'))).toBe(false)
  expect(await readdir(join(folder, 'servers'))).toEqual(['mysql'])
})

test.skipIf(!hasDebianTools())('asks for the package that holds the program too', async () => {
  vi.stubEnv('FAKE', folder)
  // The fake packages hold no Redis.
  await expect(fetchDebianServer(SERVER_KINDS.redis, join(folder, 'servers/redis'), () => {})).rejects.toThrow('holds no redis')
  expect(await readFile(join(folder, 'asked'), 'utf8')).toMatch(/ redis-server redis-tools\n$/)
})

test.skipIf(!hasDebianTools())('apt keeps the system’s proxy, leaves its hooks, and writes below its own folder', async () => {
  await fetchMysql()
  const used = await readFile(join(folder, 'used.conf'), 'utf8')
  expect(used).toContain('Acquire::http::Proxy "http://proxy.example";')
  expect(used).not.toContain('Post-Invoke')
  const places = [...used.matchAll(/^Dir::(?:State|Cache|Log)\S* "(.*)";$/gm)].map(([, place]) => place)
  expect(places).toHaveLength(5)
  expect(places.filter((place) => !place?.startsWith(join(folder, 'servers/mysql.work')))).toEqual([])
})

test.skipIf(!hasDebianTools())('without a network it quotes apt; a cut-off download leaves no tree', async () => {
  await expect(fetchMysql({ NO_NETWORK: '1' })).rejects.toThrow(/^Failed to fetch .* Could not resolve 'mirror.example'$/)
  await expect(fetchMysql({ NO_NETWORK: '', CUT_OFF: '1' })).rejects.toThrow('Unable to fetch some archives')
  expect(existsSync(join(folder, 'servers/mysql'))).toBe(false)
  await fetchMysql({ CUT_OFF: '' })
  expect(existsSync(join(folder, 'servers/mysql'))).toBe(true)
})

test.each([':', ';'])('a folder with a %s in its path is refused before anything is downloaded', async (separator) => {
  const servers = join(folder, `a${separator}b/mysql`)
  await expect(fetchDebianServer(SERVER_KINDS.mysql, servers, () => {})).rejects.toThrow(`as "${separator}" is in its path`)
  expect(existsSync(servers)).toBe(false)
})
