/** Writes a kit, all or nothing: what was there before stays until the new one is whole. */
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { KIT_NAME, KIT_VERSION, type KitPart, MANIFEST, type Manifest, noting, platformHere } from '../../../infra/setup/kit.mjs'
import { packTar } from '../../../infra/setup/tar.mjs'

/** What goes into a kit under one name: a folder's content, or a file as it is. */
export type Source = { readonly name: string } & (
  | { readonly folder: string; readonly without?: readonly string[] }
  | { readonly archive: string }
)

type Wanted = { readonly into: string; readonly isArchive: boolean; readonly lock: string }

/** Answers where the kit is, and what each part takes. Not both a folder and an archive are left there, of which one would be old. */
export async function writeKit(sources: readonly Source[], { into, isArchive, lock }: Wanted, work: string) {
  const folder = path.join(work, KIT_NAME)
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const parts: Record<string, KitPart> = {}
  for (const source of sources) parts[source.name] = await packed(source, folder)
  const manifest: Manifest = { version: KIT_VERSION, platform: platformHere(), lock, parts }
  await writeFile(path.join(folder, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`)
  const place = path.join(into, isArchive ? `${KIT_NAME}.tar` : KIT_NAME)
  const made = isArchive ? await archived(work, manifest) : folder
  for (const name of [KIT_NAME, `${KIT_NAME}.tar`]) await rm(path.join(into, name), { recursive: true, force: true })
  await rename(made, place)
  await rm(folder, { recursive: true, force: true })
  return { place, manifest }
}

async function packed(source: Source, folder: string): Promise<KitPart> {
  const file = `${source.name}.tar.gz`
  const hash = createHash('sha256')
  const unpacked = counter()
  const sink = [unpacked.stream, createGzip(), noting(hash), createWriteStream(path.join(folder, file))] as const
  if ('archive' in source) await pipeline(createReadStream(source.archive), ...sink)
  else await packTar(source.folder, [...(source.without ?? []).map((name) => `--exclude=${name}`), '.'], ...sink)
  const { size } = await stat(path.join(folder, file))
  return { file, bytes: size, sha256: hash.digest('hex'), unpackedBytes: unpacked.bytes() }
}

/** What says what is in it comes first. */
async function archived(work: string, { parts }: Manifest): Promise<string> {
  const file = path.join(work, `${KIT_NAME}.tar`)
  const names = [MANIFEST, ...Object.values(parts).map((part) => part.file)]
  await packTar(
    work,
    names.map((name) => `${KIT_NAME}/${name}`),
    createWriteStream(file),
  )
  return file
}

function counter() {
  let bytes = 0
  const stream = new Transform({
    transform(chunk: Buffer, _, done) {
      bytes += chunk.length
      done(null, chunk)
    },
  })
  return { stream, bytes: () => bytes }
}
