import { rm } from 'node:fs/promises'
import path from 'node:path'
import { CHECKOUT } from '../../../infra/local/state/data-folder.ts'
import { requireFreeSpace } from '../../../infra/servers/free-space.ts'
import { reasonOf } from '../../../infra/servers/missing-server.ts'
import { fetchNode, lockHash } from '../../../infra/setup/ensure-dependencies.mjs'
import { withFileLock } from '../../../infra/setup/file-lock.mjs'
import type { Manifest } from '../../../infra/setup/kit.mjs'
import { saveImages } from '../prefetch/kit-images.ts'
import { kitServer } from '../prefetch/kit-server.ts'
import { type Source, writeKit } from '../prefetch/write-kit.ts'
import { type Command, CommandError, parseCommandLine, say } from '../runner/command.ts'

const USAGE = 'npm run prefetch -- [--archive] [--runtime local|compose]'
const OPTIONS = {
  archive: { type: 'boolean', default: false },
  runtime: { type: 'string', default: 'local' },
} as const
const WORK = path.join(CHECKOUT, '.outgrow/prefetch')
/** Unpacked servers, and the kit beside them while it is packed. */
const NEEDED_MB = { local: 1_500, compose: 4_000 } as const
const ANOTHER_WITHIN_MS = 60 * 60_000

export const prefetchCommand: Command = {
  summary:
    'fetches all that any stage needs into outgrow-kit/, or into one tar with --archive; a checkout of a machine without a network that has it beside package.json starts from it',
  usage: USAGE,
  async run(args) {
    const { values, positionals } = parseCommandLine(args, OPTIONS, USAGE)
    const { runtime, archive } = values
    if (positionals.length > 0) throw new CommandError('prefetch takes no stage: a kit is for all of them')
    if (runtime !== 'local' && runtime !== 'compose') throw new CommandError(`--runtime takes local or compose, not "${runtime}"`)
    await requireFreeSpace(WORK, NEEDED_MB[runtime])
    return withFileLock(`${WORK}.lock`, { deadlineMs: ANOTHER_WITHIN_MS }, () => makeKit(archive, runtime))
  },
}

async function makeKit(isArchive: boolean, runtime: 'local' | 'compose'): Promise<number> {
  const images = path.join(WORK, 'images.tar')
  const sources: Source[] = []
  if (runtime === 'compose') {
    await saveImages(images, say)
    sources.push({ name: 'images', archive: images })
  }
  await fetchNode()
  sources.push({
    name: 'node_modules',
    folder: path.join(CHECKOUT, 'node_modules'),
    without: ['./.vite*', './.outgrow-installed'],
  })
  const { servers, missing } = await fetchServers()
  say('packing …')
  const kit = await writeKit([...sources, ...servers], { into: CHECKOUT, isArchive, lock: lockHash() }, WORK)
  await rm(images, { force: true })
  process.stdout.write(kitText(kit))
  for (const line of missing) say(`not in the kit: ${line}`)
  return missing.length === 0 ? 0 : 1
}

/** What cannot be had here is told at the end: the rest is of use without it. */
async function fetchServers(): Promise<{ servers: Source[]; missing: string[] }> {
  const servers: Source[] = []
  const missing: string[] = []
  for (const name of ['mysql', 'redis', 'haproxy', 'k6'] as const) {
    try {
      servers.push({ name, folder: await kitServer(name, path.join(WORK, 'servers'), say) })
    } catch (error) {
      missing.push(`${name}: ${reasonOf(error)}`)
    }
  }
  return { servers, missing }
}

function kitText({ place, manifest: { parts, platform } }: { place: string; manifest: Manifest }): string {
  const megabytes = (bytes: number) => Math.ceil(bytes / 1_000_000)
  const whole = Object.values(parts).reduce((sum, { bytes }) => sum + bytes, 0)
  const each = Object.entries(parts).map(([name, { bytes }]) => `${name} ${megabytes(bytes)}`)
  return `${place}: ${megabytes(whole)} MB for ${platform} (${each.join(', ')})\nput it beside package.json of another clone; npm start there takes what it needs from it\n`
}
