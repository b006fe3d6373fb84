/** A server of our own plays the release's: its archive holds a script that says what k6 would say. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { homebrewPrograms } from './homebrew.ts'
import { downloadK6, k6Release } from './k6-release.ts'
import { locateServer } from './locate-server.ts'
import { SERVER_KINDS } from './server-program.ts'

const { archive: name, program } = k6Release() ?? { archive: 'none', program: 'none' }
const NEW_K6 = "#!/bin/sh\necho 'k6 v1.8.1 (go1.26.8)'\n"
const LIMITS = { checksums: { deadlineMs: 20_000, limitBytes: 10_000 }, archive: { deadlineMs: 20_000, limitBytes: 1_000_000 } }

let folder: string
let servers: string
let releases: Server
let address: string
let asked: string[]
let answers: { checksums: Answer; archive: Answer }
type Answer = (response: ServerResponse) => void

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outgrow-k6-release-test-'))
  servers = join(folder, 'servers')
  asked = []
  releases = createServer(answer)
  await new Promise<void>((resolve) => releases.listen(0, '127.0.0.1', resolve))
  address = `http://127.0.0.1:${(releases.address() as AddressInfo).port}`
  vi.stubEnv('OUTGROW_K6_RELEASES', `${address}/`)
  vi.stubEnv('OUTGROW_SERVERS', servers)
  vi.stubEnv('OUTGROW_K6', '')
  publish(await makeArchive(NEW_K6))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  releases.closeAllConnections()
  await new Promise((resolve) => releases.close(resolve))
  await rm(folder, { recursive: true, force: true })
})

const answer: RequestListener = ({ url = '' }, response) => {
  asked.push(url)
  if (url === '/v1.8.1/k6-v1.8.1-checksums.txt') answers.checksums(response)
  else if (url === `/v1.8.1/${name}`) answers.archive(response)
  else response.writeHead(404).end()
}

function publish(archive: Buffer, checksumOf = archive): void {
  const checksum = createHash('sha256').update(checksumOf).digest('hex')
  const others = `${'0'.repeat(64)}  k6-v1.8.1-windows-amd64.zip\n${'1'.repeat(64)}  ${name}.sbom\n`
  answers = {
    checksums: (response) => response.end(`${others}${checksum}  ${name}\n`),
    archive: (response) => response.end(archive),
  }
}

/** Laid out as k6 does it, and with a file that nobody wants. */
async function makeArchive(script: string): Promise<Buffer> {
  const root = join(folder, 'made')
  await mkdir(join(root, dirname(program)), { recursive: true })
  await writeFile(join(root, program), script)
  await writeFile(join(root, dirname(program), 'more'), '')
  execFileSync('tar', ['-caf', join(folder, name), '-C', root, dirname(program)])
  return await readFile(join(folder, name))
}

async function fetchK6(limits: Partial<typeof LIMITS> = {}): Promise<string[]> {
  const lines: string[] = []
  await downloadK6(SERVER_KINDS.k6, join(servers, 'k6'), (line) => lines.push(line), { ...LIMITS, ...limits })
  return lines
}

/** Nothing under the servers' folder is a file. */
async function expectNothingInstalled(): Promise<void> {
  expect(existsSync(join(servers, 'k6'))).toBe(false)
  const entries = existsSync(servers) ? await readdir(servers, { recursive: true, withFileTypes: true }) : []
  expect(entries.filter((entry) => entry.isFile())).toEqual([])
}

const here = test.skipIf(name === 'none')

test.each([
  ['linux', 'x64', 'k6-v1.8.1-linux-amd64.tar.gz', 'k6-v1.8.1-linux-amd64/k6'],
  ['linux', 'arm64', 'k6-v1.8.1-linux-arm64.tar.gz', 'k6-v1.8.1-linux-arm64/k6'],
  ['darwin', 'x64', 'k6-v1.8.1-macos-amd64.zip', 'k6-v1.8.1-macos-amd64/k6'],
  ['darwin', 'arm64', 'k6-v1.8.1-macos-arm64.zip', 'k6-v1.8.1-macos-arm64/k6'],
])('the release for %s on %s', (platform, arch, archive, program) => {
  expect(k6Release(platform, arch)).toEqual({ archive, program })
})

test('other machines have none', () => {
  expect(k6Release('win32', 'x64')).toBeUndefined()
  expect(k6Release('linux', 's390x')).toBeUndefined()
})

here('a good archive is unpacked: the program, nothing else, and no trace of the work', async () => {
  expect(await fetchK6()).toEqual([`k6: downloading ${address}/v1.8.1/${name} …`, `k6: unpacked in ${join(servers, 'k6')}`])
  expect(await readdir(join(servers, 'k6/usr/bin'))).toEqual(['k6'])
  expect(await readdir(servers)).toEqual(['k6'])
})

here('an archive with another checksum is not installed, even if it would run', async () => {
  publish(await makeArchive(NEW_K6), Buffer.from('another'))
  await expect(fetchK6()).rejects.toThrow(/k6-v1\.8\.1-\S+ has a wrong checksum: SHA-256 [0-9a-f]{64}, not [0-9a-f]{64}$/)
  await expectNothingInstalled()
})

here('a truncated archive is not installed, whether the connection was cut or the file is short', async () => {
  const whole = await makeArchive(NEW_K6)
  answers.archive = (response) => {
    response.writeHead(200, { 'content-length': whole.length })
    response.write(whole.subarray(0, 50), () => response.destroy())
  }
  await expect(fetchK6()).rejects.toThrow(/^failed to fetch http:.*k6-v1\.8\.1-.*: \S+/)
  await expectNothingInstalled()
  publish(whole.subarray(0, 50), whole)
  await expect(fetchK6()).rejects.toThrow('wrong checksum')
  await expectNothingInstalled()
})

here('a release that is not there', async () => {
  answers.archive = (response) => response.writeHead(404).end('not here')
  await expect(fetchK6()).rejects.toThrow(`${address}/v1.8.1/${name} answers with status 404`)
  answers.checksums = answers.archive
  await expect(fetchK6()).rejects.toThrow(`${address}/v1.8.1/k6-v1.8.1-checksums.txt answers with status 404`)
  await expectNothingInstalled()
})

here('checksums that do not name the archive', async () => {
  answers.checksums = (response) => response.end(`${'0'.repeat(64)}  other-${name}\n`)
  await expect(fetchK6()).rejects.toThrow(`the checksums of k6 v1.8.1 do not name ${name}`)
  expect(asked).toHaveLength(1)
})

here('a server that hangs, before its answer or in it, is given up', async () => {
  const short = { deadlineMs: 200, limitBytes: 1_000_000 }
  answers.archive = (response) => response.writeHead(200).write('a beginning')
  await expect(fetchK6({ archive: short })).rejects.toThrow(`${name} was not complete within 0.2 s`)
  answers.checksums = () => {}
  await expect(fetchK6({ checksums: short })).rejects.toThrow('checksums.txt was not complete within 0.2 s')
  await expectNothingInstalled()
})

here('an archive that is too large is given up on the way', async () => {
  answers.archive = (response) => {
    response.on('error', () => {})
    response.write(Buffer.alloc(20_000))
  }
  await expect(fetchK6({ archive: { deadlineMs: 20_000, limitBytes: 10_000 } })).rejects.toThrow('is larger than 0.01 MB')
  await expectNothingInstalled()
})

here('what does not run does not replace what is there', async () => {
  await fetchK6()
  publish(await makeArchive('#!/bin/sh\necho no such library >&2; exit 127\n'))
  await expect(fetchK6()).rejects.toThrow('does not run: no such library')
  expect(await readFile(join(servers, 'k6/usr/bin/k6'), 'utf8')).toBe(NEW_K6)
  expect(await readdir(join(servers, 'k6.work'))).toEqual([])
})

here('an archive without the program, or that is none, is told in one line', async () => {
  publish(Buffer.from('no archive at all'))
  await expect(fetchK6()).rejects.toThrow(`cannot unpack ${name}: `)
  await expectNothingInstalled()
})

/** Only Homebrew's own k6 would come before a download. */
const search = test.skipIf(name === 'none' || homebrewPrograms(SERVER_KINDS.k6).length > 0)

/** A PATH with what unpacking takes, and with a Go of this script. */
async function stubPath(go?: string): Promise<void> {
  const bin = join(folder, 'bin')
  await mkdir(bin)
  for (const tool of ['tar', 'gzip']) await symlink(execFileSync('which', [tool], { encoding: 'utf8' }).trim(), join(bin, tool))
  vi.stubEnv('PATH', bin)
  if (go === undefined) return
  await writeFile(join(bin, 'go'), `#!/bin/sh\n${go}\n`)
  await chmod(join(bin, 'go'), 0o755)
}

search('the search takes the release last, once, and not where it may not fetch', async () => {
  await stubPath()
  await expect(locateServer('k6', { mayFetch: false })).rejects.toThrow('k6 1.0+ is missing')
  expect(asked).toEqual([])
  const found = await locateServer('k6')
  expect(found).toMatchObject({ path: join(servers, 'k6/usr/bin/k6'), version: '1.8.1' })
  expect(await locateServer('k6')).toEqual(found)
  expect(asked).toHaveLength(2)
})

search('a build that fails is told, and the release is taken', async () => {
  await stubPath('[ "$1" = env ] && echo go1.26.8 && exit; echo no modules today >&2; exit 1')
  const lines: string[] = []
  await locateServer('k6', { onProgress: (line) => lines.push(line) })
  expect(lines.filter((line) => line.endsWith('; trying another way …'))).toHaveLength(1)
  expect(lines.at(-1)).toBe(`k6: unpacked in ${join(servers, 'k6')}`)
})

search('without a network the message names every way', async () => {
  await stubPath()
  const gone = createServer()
  await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve))
  vi.stubEnv('OUTGROW_K6_RELEASES', `http://127.0.0.1:${(gone.address() as AddressInfo).port}`)
  await new Promise((resolve) => gone.close(resolve))
  await expect(locateServer('k6')).rejects.toThrow(
    /^cannot fetch k6 1\.0\+: no network \(failed to fetch .*ECONNREFUSED.*\); .*brew install k6.*Go 1\.24.*OUTGROW_K6, .*OUTGROW_K6_RELEASES.*Docker/,
  )
})
