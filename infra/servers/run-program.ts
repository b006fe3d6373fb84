/** Runs a program to its end: output captured and limited, with a deadline after which it is killed. */
import { spawn } from 'node:child_process'
import type { Invocation } from './server-program.ts'

const OUTPUT_LIMIT_CHARS = 1_000_000

export type RunOptions = {
  deadlineMs: number
  /** Written to the program's standard input. */
  input?: string
}

export type RunResult = { readonly status: number; readonly stdout: string; readonly stderr: string }

/** Throws when the program cannot be started or does not end in time; a status other than 0 is a result, -1 stands for a signal. */
export async function runProgram({ path, args, env }: Invocation, { deadlineMs, input = '' }: RunOptions): Promise<RunResult> {
  const child = spawn(path, args, { env: { ...process.env, ...env }, stdio: 'pipe' })
  const kill = (): boolean => child.kill('SIGKILL')
  process.once('exit', kill)
  let late = false
  const timer = setTimeout(() => {
    late = true
    kill()
  }, deadlineMs)
  const stdout = collect(child.stdout)
  const stderr = collect(child.stderr)
  child.stdin.on('error', () => {}) // A program that ends early breaks the pipe; its status tells the story.
  child.stdin.end(input)
  try {
    const status = await new Promise<number>((resolve, reject) => {
      child.once('error', (error) => reject(new Error(`${path} cannot be run (${error.message})`, { cause: error })))
      child.once('close', (code) => resolve(code ?? -1))
    })
    if (late) throw new Error(`${path} did not end within ${deadlineMs / 1000} s`)
    return { status, stdout: stdout(), stderr: stderr() }
  } finally {
    clearTimeout(timer)
    process.off('exit', kill)
  }
}

/** Keeps the end of a stream's text. */
function collect(stream: NodeJS.ReadableStream): () => string {
  let text = ''
  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => {
    text = (text + chunk).slice(-OUTPUT_LIMIT_CHARS)
  })
  return () => text
}
