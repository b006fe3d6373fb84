/** Packs and unpacks by streams: a name with a colon in it, given to tar as its file, would be that of another host. */
import { spawn } from 'node:child_process'
import { pipeline } from 'node:stream/promises'

const DEADLINE_MS = 10 * 60_000

/** `streams` bring the archive. Throws one line. */
export async function unpackTar(folder, ...streams) {
  await runTar(['-xf', '-', '--no-same-owner'], folder, ({ stdin }) => pipeline(...streams, stdin))
}

/** `streams` take the archive. */
export async function packTar(folder, args, ...streams) {
  await runTar(['-cf', '-', ...args], folder, ({ stdout }) => pipeline(stdout, ...streams))
}

async function runTar(args, cwd, connect) {
  const child = spawn('tar', args, { cwd, stdio: 'pipe' })
  const timer = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS)
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said = (said + text).slice(-2_000)
  })
  const ended = new Promise((end, fail) => child.once('error', fail).once('close', end))
  try {
    const broken = connect(child).catch((error) => error)
    const [status, error] = await Promise.all([ended, broken])
    requireDone(status, error, said)
  } catch (error) {
    throw error.code === 'ENOENT' ? new Error('there is no tar on the PATH', { cause: error }) : error
  } finally {
    clearTimeout(timer)
  }
}

/** Where tar ends early the stream breaks as well: the reason is what tar says. */
function requireDone(status, error, said) {
  if (/no space left/i.test(said) || error?.code === 'ENOSPC') throw new Error('the disk is full')
  if (error && error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error
  if (status !== 0) throw new Error(said.trim().split('\n')[0] || `tar ended with status ${status}`)
}
