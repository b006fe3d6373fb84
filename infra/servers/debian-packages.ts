/** Downloads a server's Debian or Ubuntu packages and unpacks them into one folder; nothing is installed. */
import { existsSync } from 'node:fs'
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { runProgram } from '../process/run-program.ts'
import { requireFreeSpace } from './free-space.ts'
import { type AptOutput, createPrivateApt, type PrivateApt } from './private-apt.ts'
import type { OnProgress, ServerKind } from './server-program.ts'
import { swapIn } from './swap-in.ts'
import { lastLine } from './version.ts'

/** Package lists, packages and the unpacked tree; measured 100 MB for either server on Debian 12, MySQL is larger. */
const NEEDED_MB = 300
const UNPACK_DEADLINE_MS = 120_000
const PROGRESS_EVERY_MS = 2_000
/** Parts of packages that no server reads at run time. */
const DROPPED = ['usr/share/doc', 'usr/share/man', 'usr/share/locale', 'usr/share/lintian', 'etc/init.d', 'etc/logrotate.d']

export function hasDebianTools(): boolean {
  return existsSync('/var/lib/dpkg/status') && ['apt-get', 'dpkg-deb'].every((tool) => existsSync(join('/usr/bin', tool)))
}

/**
 * Leaves a complete, tried tree in `folder`, in one step at the end; what a cut-off run downloaded is used again.
 * Throws one line: no such package, no network, a full disk.
 */
export async function fetchDebianServer(
  kind: ServerKind,
  folder: string,
  onProgress: OnProgress,
  options: { readonly forAnySystem?: boolean } = {},
): Promise<void> {
  const work = `${folder}.work`
  requireLoadablePath(folder)
  // apt itself can hang on a full disk.
  await requireFreeSpace(work, NEEDED_MB)
  const apt = await createPrivateApt(work, options)
  onProgress(`${kind.name}: reading this system's package lists …`)
  const update = await apt.run('apt-get', ['update'])
  const name = await choosePackage(apt, kind)
  if (name === undefined) throw new Error(noPackage(kind, update))
  const wanted = [name, kind.programPackages?.[name]].filter((one) => one !== undefined)
  const packages = await downloadPlan(apt, wanted)
  const megabytes = toMegabytes(packages.reduce((sum, { bytes }) => sum + bytes, 0))
  onProgress(`${kind.name}: downloading ${name} (${packages.length} packages, ${megabytes} MB) …`)
  await withDownloadProgress(
    apt.archives,
    (got) => onProgress(`${kind.name}: ${got} of ${megabytes} MB`),
    () => apt.run('apt-get', [...INSTALL, '--download-only', ...wanted]),
  )
  await unpack(
    packages.map(({ file }) => join(apt.archives, file)),
    join(work, 'root'),
  )
  await swapIn(kind, work, folder)
  onProgress(`${kind.name}: unpacked in ${folder}`)
}

/** Lists of libraries' folders have no way to quote their separators. */
function requireLoadablePath(folder: string): void {
  const [separator] = /[:;]/.exec(folder) ?? []
  if (separator === undefined) return
  throw new Error(`no library is found below ${folder}, as "${separator}" is in its path; name another folder in OUTGROW_SERVERS`)
}

// Also what is installed already is downloaded: it may be installed where a user may not run it.
const INSTALL = ['install', '--yes', '--reinstall', '--no-install-recommends']

async function choosePackage(apt: PrivateApt, kind: ServerKind): Promise<string | undefined> {
  for (const pattern of kind.packages) {
    const names = pattern.endsWith('*') ? await namesStartingWith(apt, pattern.slice(0, -1)) : [pattern]
    for (const name of names) if (await isUsable(apt, kind, name)) return name
  }
  return undefined
}

/** `apt-get update` succeeds without a network; it only warns. */
function noPackage(kind: ServerKind, update: AptOutput): string {
  const [, warning] = /^W: (Failed to fetch .*)$/m.exec(update.stderr) ?? []
  return warning?.trim() ?? `this system's package sources have no ${kind.needs} (looked for ${kind.packages.join(', ')})`
}

/** Highest version first. */
async function namesStartingWith(apt: PrivateApt, prefix: string): Promise<string[]> {
  const { stdout } = await apt.run('apt-cache', ['pkgnames', prefix])
  const names = stdout.split('\n').filter((name) => /\d+\.\d+$/.test(name))
  return names.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
}

async function isUsable(apt: PrivateApt, kind: ServerKind, name: string): Promise<boolean> {
  const { stdout } = await apt.run('apt-cache', ['policy', name])
  const [, major, minor] = /Candidate: (?:\d+:)?(\d+)\.(\d+)/.exec(stdout) ?? []
  if (major === undefined) return false
  const flavour = (['mariadb', 'valkey'] as const).find((one) => name.startsWith(one)) ?? kind.name
  const [oldestMajor, oldestMinor] = kind.oldest[flavour] ?? [0, 0]
  return Number(major) > oldestMajor || (Number(major) === oldestMajor && Number(minor) >= oldestMinor)
}

type Package = { readonly file: string; readonly bytes: number }

/** Lines of `--print-uris`: 'address' file bytes checksum. Of a package that lies in the cache already there is no line, so look at an empty one. */
async function downloadPlan(apt: PrivateApt, names: readonly string[]): Promise<Package[]> {
  const empty = ['-o', `Dir::Cache::archives=${apt.archives}/none`]
  await mkdir(join(apt.archives, 'none/partial'), { recursive: true })
  const { stdout } = await apt.run('apt-get', [...INSTALL, ...empty, '--print-uris', ...names])
  return [...stdout.matchAll(/^'\S+' (\S+\.deb) (\d+)/gm)].map(([, file = '', bytes]) => ({ file, bytes: Number(bytes) }))
}

async function withDownloadProgress(
  folder: string,
  report: (megabytes: number) => void,
  download: () => Promise<unknown>,
): Promise<void> {
  const timer = setInterval(() => {
    sizeOf(folder).then(
      (bytes) => report(toMegabytes(bytes)),
      () => {},
    )
  }, PROGRESS_EVERY_MS)
  try {
    await download()
  } finally {
    clearInterval(timer)
  }
}

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true })
  const sizes = await Promise.all(entries.filter((name) => /\.deb$/.test(name)).map((name) => stat(join(folder, name))))
  return sizes.reduce((sum, { size }) => sum + size, 0)
}

function toMegabytes(bytes: number): number {
  return Math.ceil(bytes / 1_000_000)
}

async function unpack(debs: readonly string[], root: string): Promise<void> {
  await rm(root, { recursive: true, force: true })
  await mkdir(root, { recursive: true })
  for (const deb of debs) {
    const result = await runProgram(
      { path: 'dpkg-deb', args: ['--extract', deb, root], env: {} },
      { deadlineMs: UNPACK_DEADLINE_MS },
    )
    if (result.status !== 0) throw new Error(`cannot unpack ${deb}: ${lastLine(result.stderr)}`)
  }
  for (const part of DROPPED) await rm(join(root, part), { recursive: true, force: true })
}
