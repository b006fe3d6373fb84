/** Runs a program to its end: output captured and limited, with a deadline after which it is killed. */
import { type ChildProcessWithoutNullStreams, type StdioOptions, spawn } from 'node:child_process'
import type { Writable } from 'node:stream'
import type { Command } from './command.ts'

const OUTPUT_LIMIT_CHARS = 1_000_000

export type RunOptions = {
  readonly deadlineMs: number
  /** What the command's own environment is laid over; ours, where nothing is said. */
  readonly over?: NodeJS.ProcessEnv
  readonly cwd?: string
  /** Written to the program's standard input. */
  readonly input?: string
  readonly signal?: AbortSignal
  /** Who reads this sees its end only when the program has ended too, also where we are killed meanwhile. */
  readonly holds?: Writable | undefined
}

/** A status of -1 stands for a signal. Of each output the end is kept. */
export type RunResult = { readonly status: number; readonly stdout: string; readonly stderr: string }

/** Throws when the program cannot be started, does not end in time or is no longer wanted; a status other than 0 is a result. */
export async function runProgram(
  { path, args, env }: Command,
  { deadlineMs, over = process.env, cwd, input = '', signal, holds }: RunOptions,
): Promise<RunResult> {
  signal?.throwIfAborted()
  const stdio = ['pipe', 'pipe', 'pipe', ...(holds ? [holds] : [])] satisfies StdioOptions
  const child = spawn(path, args, { env: { ...over, ...env }, stdio, cwd }) as ChildProcessWithoutNullStreams
  const kill = (): boolean => child.kill('SIGKILL')
  process.once('exit', kill)
  signal?.addEventListener('abort', kill)
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
    signal?.throwIfAborted()
    if (late) throw new Error(`${path} did not end within ${deadlineMs / 1000} s`)
    return { status, stdout: stdout(), stderr: stderr() }
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', kill)
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
