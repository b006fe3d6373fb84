/** Password hashes: argon2id with the parameters of the OWASP cheat sheet, off the event loop and bounded. */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { semaphore } from './semaphore.ts'

const MEMORY_KIB = 19_456
const PASSES = 2
const LANES = 1
const SALT_BYTES = 16
const TAG_BYTES = 32
/**
 * Each hash takes 19 MiB and a thread of libuv's pool of four, which name look-ups and files need too.
 * New passwords have a queue of their own, so that a flood of registrations keeps nobody from logging in.
 */
const NEW_AT_ONCE = 1
const CHECKS_AT_ONCE = 2

const derive = promisify(argon2)
const newPasswords = semaphore(NEW_AT_ONCE)
const passwordChecks = semaphore(CHECKS_AT_ONCE)

/** A PHC string: `$argon2id$v=19$m=19456,t=2,p=1$salt$tag`. Throws UNAVAILABLE when too many hashes wait. */
export async function hashPassword(password: string, salt: Buffer = randomBytes(SALT_BYTES)): Promise<string> {
  const tag = await newPasswords(() => tagOf(password, salt))
  return `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=${LANES}$${encode(salt)}$${encode(tag)}`
}

/** With no hash (no such account) it works as long as with one, so that the time tells nothing. */
export async function verifyPassword(password: string, hash: string | undefined): Promise<boolean> {
  const [salt = '', tag = ''] = (hash ?? NOBODY).split('$').slice(4)
  const found = await passwordChecks(() => tagOf(password, Buffer.from(salt, 'base64')))
  return timingSafeEqual(found, Buffer.from(tag, 'base64')) && hash !== undefined
}

const NOBODY = `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=${LANES}$${encode(Buffer.alloc(SALT_BYTES))}$${encode(Buffer.alloc(TAG_BYTES))}`

function tagOf(password: string, nonce: Buffer): Promise<Buffer> {
  const message = Buffer.from(password, 'utf8')
  return derive('argon2id', { message, nonce, parallelism: LANES, tagLength: TAG_BYTES, memory: MEMORY_KIB, passes: PASSES })
}

/** PHC strings use base64 without padding. */
function encode(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}
