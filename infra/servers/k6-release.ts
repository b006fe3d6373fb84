/** Downloads k6's official release, checks it against the release's own checksums and unpacks the one program in it. */
import { createHash } from 'node:crypto'
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runProgram } from '../process/run-program.ts'
import { type DownloadLimits, download, type OnBytes } from './download.ts'
import { requireFreeSpace } from './free-space.ts'
import { K6_VERSION } from './k6-build.ts'
import type { OnProgress, ServerKind } from './server-program.ts'
import { swapIn } from './swap-in.ts'
import { lastLine } from './version.ts'

/** OUTGROW_K6_RELEASES names a mirror instead, laid out in the same way: `<address>/v1.2.3/<file>`. */
const RELEASES = 'https://github.com/grafana/k6/releases/download'
/** The archive and the program out of it, which is 70 MB. */
const NEEDED_MB = 300
const UNPACK_DEADLINE_MS = 120_000
const PROGRESS_EVERY_MS = 2_000

type ReleaseLimits = { readonly checksums: DownloadLimits; readonly archive: DownloadLimits }
/** The checksums come first and are small: they tell soon that there is no network. */
const LIMITS: ReleaseLimits = {
  checksums: { deadlineMs: 30_000, limitBytes: 100_000 },
  archive: { deadlineMs: 10 * 60_000, limitBytes: 200_000_000 },
}

/** Leaves a tried program in `folder`, in one step at the end. Throws one line: no network, a wrong checksum, a full disk. */
export async function downloadK6(
  kind: ServerKind,
  folder: string,
  onProgress: OnProgress,
  limits: ReleaseLimits = LIMITS,
): Promise<void> {
  const release = k6Release()
  if (release === undefined) throw new Error(`k6 publishes nothing for ${process.platform} on ${process.arch}`)
  const work = `${folder}.work`
  await requireFreeSpace(work, NEEDED_MB)
  const archive = await checkedArchive(release.archive, limits, onProgress)
  try {
    await unpack(archive, release, work)
    await swapIn(kind, work, folder)
  } catch (error) {
    await removeUnpacked(release, work)
    throw error
  }
  onProgress(`k6: unpacked in ${folder}`)
}

/** The release for a machine; undefined where k6 publishes none that is handled here. */
export function k6Release(platform: string = process.platform, arch: string = process.arch): Release | undefined {
  const system = SYSTEMS[platform]
  const processor = PROCESSORS[arch]
  if (system === undefined || processor === undefined) return undefined
  const name = `k6-${K6_VERSION}-${system.name}-${processor}`
  return { archive: `${name}.${system.ending}`, program: `${name}/k6` }
}

type Release = {
  readonly archive: string
  /** Its path in the archive. */
  readonly program: string
}

const SYSTEMS: Readonly<Record<string, { name: string; ending: string }>> = {
  linux: { name: 'linux', ending: 'tar.gz' },
  darwin: { name: 'macos', ending: 'zip' },
}
const PROCESSORS: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' }

async function checkedArchive(name: string, limits: ReleaseLimits, onProgress: OnProgress): Promise<Buffer> {
  const base = `${(process.env.OUTGROW_K6_RELEASES || RELEASES).replace(/\/+$/, '')}/${K6_VERSION}`
  onProgress(`k6: downloading ${base}/${name} …`)
  const checksums = await download(`${base}/k6-${K6_VERSION}-checksums.txt`, limits.checksums)
  const expected = checksumOf(name, checksums.toString('utf8'))
  if (expected === undefined) throw new Error(`the checksums of k6 ${K6_VERSION} do not name ${name}`)
  const archive = await download(`${base}/${name}`, limits.archive, megabyteReporter(onProgress))
  const actual = createHash('sha256').update(archive).digest('hex')
  if (actual !== expected) throw new Error(`${base}/${name} has a wrong checksum: SHA-256 ${actual}, not ${expected}`)
  return archive
}

/** Lines as sha256sum writes them: checksum, two blanks, file. */
function checksumOf(name: string, checksums: string): string | undefined {
  const lines = checksums.split('\n').map((line) => line.trim().split(/ [ *]/))
  const [checksum] = lines.find(([, file]) => file === name) ?? []
  return checksum?.toLowerCase()
}

function megabyteReporter(onProgress: OnProgress): OnBytes {
  let reportedAt = Date.now()
  return (bytes, ofBytes) => {
    if (Date.now() - reportedAt < PROGRESS_EVERY_MS) return
    reportedAt = Date.now()
    onProgress(`k6: ${toMegabytes(bytes)}${ofBytes === undefined ? '' : ` of ${toMegabytes(ofBytes)}`} MB`)
  }
}

function toMegabytes(bytes: number): number {
  return Math.ceil(bytes / 1_000_000)
}

/** The tar of macOS reads zip archives too. Nothing but the program is taken out, whatever else the archive holds. */
async function unpack(archive: Buffer, { archive: name, program }: Release, work: string): Promise<void> {
  await removeUnpacked({ archive: name, program }, work)
  const bin = join(work, 'root/usr/bin')
  await mkdir(bin, { recursive: true })
  await writeFile(join(work, name), archive)
  const args = ['-xf', join(work, name), '-C', bin, '--no-same-owner', '--strip-components=1', program]
  const { status, stderr } = await runProgram({ path: 'tar', args, env: {} }, { deadlineMs: UNPACK_DEADLINE_MS })
  if (status !== 0) throw new Error(`cannot unpack ${name}: ${lastLine(stderr)}`)
  await chmod(join(bin, 'k6'), 0o755)
}

/** The work folder itself stays: a cut-off build with Go may go on in it. */
async function removeUnpacked({ archive }: Release, work: string): Promise<void> {
  await rm(join(work, archive), { force: true })
  await rm(join(work, 'root'), { recursive: true, force: true })
}
