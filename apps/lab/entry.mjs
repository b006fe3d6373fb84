/**
 * Where every command begins, on whatever Node there is and however it was called: by npm, by `node --run`, by another
 * package manager, with installation scripts switched off. So it is plain JavaScript.
 */
import module from 'node:module'
import { fileURLToPath } from 'node:url'
import { ensureDependencies } from '../../infra/setup/ensure-dependencies.mjs'
import { handOver } from '../../infra/setup/hand-over.mjs'

const MAIN = new URL('main.ts', import.meta.url)

const isOurs = await begin()
// Compiled code of an earlier command; Node 20 and 21 have no such thing.
if (isOurs) module.enableCompileCache?.(fileURLToPath(new URL('../../.outgrow/compile-cache', import.meta.url)))
if (isOurs) await import('./main.ts')

/** Answers whether this process goes on with the command itself. */
async function begin() {
  try {
    const node = await ensureDependencies()
    if (node === undefined) return true
    process.exitCode = await handOver(node, [fileURLToPath(MAIN), ...process.argv.slice(2)])
  } catch (error) {
    console.error(`error: ${error.message}`)
    process.exitCode = 1
  }
  return false
}
