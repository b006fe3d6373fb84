/**
 * A kit has all that any stage needs, for machines without a network; `npm run prefetch` makes it. It lies beside package.json, as the
 * folder outgrow-kit or the file outgrow-kit.tar, or where OUTGROW_KIT says. Plain JavaScript, as the packages themselves come out of it.
 */
import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { Transform } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { createGunzip } from 'node:zlib'
import { withFileLock } from './file-lock.mjs'
import { unpackTar } from './tar.mjs'

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url))
export const KIT_NAME = 'outgrow-kit'
export const MANIFEST = 'kit.json'
export const KIT_VERSION = 1
const UNPACK_WITHIN_MS = 10 * 60_000

/** The kit that there is, if any. Throws one line where it is cut off, or made for other machines. */
export async function openKit(checkout = CHECKOUT) {
  const place = placeIn(checkout)
  if (place === undefined) return undefined
  const { size, mtimeMs, isFolder } = await stat(place).then((found) => ({ ...found, isFolder: found.isDirectory() }))
  const folder = isFolder ? place : await unpackedArchive(place, `${size} ${mtimeMs}`, checkout)
  const manifest = await readManifest(folder, place)
  for (const part of Object.values(manifest.parts)) await requireWhole(part, folder, place)
  return { place, folder, ...manifest }
}

/** Unpacks one part in the place of `target`, all or nothing. */
export async function takeFromKit({ place, folder, parts }, name, target) {
  const { file, sha256, unpackedBytes } = parts[name]
  await requireRoom(target, unpackedBytes)
  const work = `${target}.from-kit`
  await rm(work, { recursive: true, force: true })
  await mkdir(work, { recursive: true })
  try {
    const hash = createHash('sha256')
    await unpackTar(work, createReadStream(join(folder, file)), noting(hash), createGunzip())
    if (hash.digest('hex') !== sha256) throw new Error('it has another checksum')
    await rm(target, { recursive: true, force: true })
    await rename(work, target)
  } catch (error) {
    throw unusable(place, `${file} cannot be unpacked (${error.message})`, error)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** For which machines a kit is that is made here. */
export function platformHere() {
  const { platform, arch, report } = process
  const libc = platform !== 'linux' ? [] : [report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl']
  return [platform, arch, ...libc].join(' ')
}

/** Notes in a hash what passes. */
export function noting(hash) {
  return new Transform({
    transform(chunk, _, done) {
      hash.update(chunk)
      done(null, chunk)
    },
  })
}

function placeIn(checkout) {
  const named = process.env.OUTGROW_KIT
  if (!named) return [KIT_NAME, `${KIT_NAME}.tar`].map((name) => join(checkout, name)).find((place) => existsSync(place))
  if (existsSync(named)) return resolve(named)
  throw new Error(`OUTGROW_KIT: there is no ${named}`)
}

/** An archive is unpacked once; `stamp` tells whether it is still the same. */
async function unpackedArchive(place, stamp, checkout) {
  const folder = join(checkout, '.outgrow/kit')
  await withFileLock(`${folder}.lock`, { deadlineMs: UNPACK_WITHIN_MS }, async () => {
    if ((await readFile(`${folder}/from`, 'utf8').catch(() => '')) === stamp) return
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { recursive: true })
    await requireRoom(folder, Number.parseInt(stamp, 10))
    console.error(`unpacking ${place} …`)
    await unpackTar(folder, createReadStream(place)).catch((error) => {
      throw unusable(place, `cannot be unpacked (${error.message})`, error)
    })
    await writeFile(`${folder}/from`, stamp)
  })
  return join(folder, KIT_NAME)
}

async function readManifest(folder, place) {
  const text = await readFile(join(folder, MANIFEST), 'utf8').catch(() => '')
  const manifest = parse(text)
  if (!manifest?.parts) throw unusable(place, `has no whole ${MANIFEST}: making or copying it was cut off`)
  if (manifest.version !== KIT_VERSION) throw unusable(place, `is of another version of Outgrow`)
  if (manifest.platform !== platformHere()) throw unusable(place, `is for ${manifest.platform}, and this is ${platformHere()}`)
  return manifest
}

function parse(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function requireWhole({ file, bytes }, folder, place) {
  const { size } = await stat(join(folder, file)).catch(() => ({ size: 0 }))
  if (size !== bytes) throw unusable(place, `is cut off: ${file} has ${size} of ${bytes} bytes`)
}

/** Of the disk; a file system whose free space is not told may go on. */
async function requireRoom(target, bytes) {
  const folder = dirname(target)
  await mkdir(folder, { recursive: true })
  const { bavail, bsize } = await statfs(folder)
  const [free, needed] = [bavail * bsize, bytes].map((one) => Math.ceil(one / 1_000_000))
  if (free < needed) throw new Error(`the disk is full: ${free} MB are left for ${target}, ${needed} MB are needed`)
}

function unusable(place, why, cause) {
  if (/^the disk is full|^ENOSPC/.test(cause?.message)) return new Error(`the disk is full: ${place} cannot be unpacked`)
  if (/ on the PATH$/.test(cause?.message)) return cause
  const advice = 'copy it here again, or remove it, and what is missing is fetched from the network'
  return new Error(`the kit ${place} ${why}; ${advice}`, { cause })
}
