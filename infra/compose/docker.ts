/** Asks Docker. Every line is for people where it cannot be asked. */
import type { Writable } from 'node:stream'
import { type RunResult, runProgram } from '../process/run-program.ts'
import { StartError } from '../process/start-error.ts'

/** A machine that is out of breath answers late; a daemon that hangs, never. */
const ANSWER_WITHIN_MS = 10_000

/** The lines that `docker` prints. Throws one line where there is none, its daemon does not answer, or it says no. */
export function docker(...args: readonly string[]): Promise<string[]> {
  return dockerWithin(ANSWER_WITHIN_MS, args)
}

type Told = {
  readonly env?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
  readonly holds?: Writable | undefined
}

export async function dockerWithin(deadlineMs: number, args: readonly string[], told: Told = {}): Promise<string[]> {
  const { status, stdout, stderr } = await run(deadlineMs, args, told)
  if (status !== 0) throw refusal(complaintOf(stderr) || `docker ${args[0]} ended with status ${status}`)
  return stdout.split('\n').filter((line) => line !== '')
}

const OLDEST_COMPOSE: readonly [major: number, minor: number] = [2, 20]

/** Throws one line where there is no Compose, or one that docker-compose.yml is too new for, or no daemon that would answer it. */
export async function requireCompose(): Promise<void> {
  const [oldestMajor, oldestMinor] = OLDEST_COMPOSE
  const needed = `Docker Compose ${oldestMajor}.${oldestMinor} or newer is needed`
  const [version = ''] = await docker('compose', 'version', '--short').catch((error) => {
    if (error instanceof NoDocker) throw error
    throw new StartError(`${needed}, and docker has no such command (${error.message})`)
  })
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number)
  const isOld = major < oldestMajor || (major === oldestMajor && minor < oldestMinor)
  if (isOld) throw new StartError(`${needed}; this is ${version}`)
  await docker('version', '--format', '{{.Server.Version}}')
}

async function run(deadlineMs: number, args: readonly string[], { env = {}, signal, holds }: Told): Promise<RunResult> {
  try {
    return await runProgram({ path: 'docker', args, env }, { deadlineMs, holds, ...(signal && { signal }) })
  } catch (error) {
    signal?.throwIfAborted()
    const { code } = ((error as Error).cause as NodeJS.ErrnoException) ?? {}
    if (code === 'ENOENT') throw new NoDocker('there is no docker on the PATH; npm start runs every stage without it')
    throw new StartError(`the Docker daemon does not answer: ${(error as Error).message}`)
  }
}

/** Where there is no Docker, or it is off, there are no containers either. */
export class NoDocker extends StartError {}

function refusal(complaint: string): StartError {
  return /^(?:cannot connect to the docker daemon|failed to connect to the docker api)/i.test(complaint)
    ? new NoDocker(complaint)
    : new StartError(complaint)
}

function complaintOf(stderr: string): string {
  const [line = ''] = stderr.trim().split('\n')
  return line.replace(/^(?:error during connect|Error response from daemon|ERROR): /i, '')
}
