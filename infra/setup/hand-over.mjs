/** Lets another program do the rest: it has our terminal, gets our signals, and its end is ours. */
import { spawn } from 'node:child_process'
import { constants } from 'node:os'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** Answers the exit status, as a shell would tell it. */
export async function handOver(program, args, options = {}) {
  const child = spawn(program, args, { ...options, stdio: 'inherit' })
  const pass = (signal) => {
    // Ctrl-C has reached it already, and a second one means "at once".
    if (signal !== 'SIGINT' || !hasTerminal()) child.kill(signal)
  }
  for (const signal of SIGNALS) process.on(signal, pass)
  const [status, signal] = await new Promise((resolve, reject) => {
    child.once('error', reject).once('exit', (...how) => resolve(how))
  })
  for (const signal of SIGNALS) process.off(signal, pass)
  return status ?? 128 + constants.signals[signal]
}

function hasTerminal() {
  return [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY)
}
