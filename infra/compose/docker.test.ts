import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { testFolder } from '../process/test-folder.ts'
import { docker, dockerWithin, NoDocker, requireCompose } from './docker.ts'

afterEach(() => vi.unstubAllEnvs())

/** A `docker` that does this, and nothing else on the PATH. */
function stubDocker(script?: string): void {
  const folder = testFolder()
  if (script !== undefined) writeFileSync(path.join(folder, 'docker'), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  vi.stubEnv('PATH', folder)
}

test('a machine without Docker is told so in one line', async () => {
  stubDocker()
  await expect(docker('ps')).rejects.toThrow(/^there is no docker on the PATH; [^\n]+$/)
})

test('so is a daemon that is not there, in Docker’s words; it has no containers', async () => {
  stubDocker("echo 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock.' >&2; exit 1")
  await expect(docker('ps')).rejects.toThrow(/^Cannot connect to the Docker daemon at [^\n]+$/)
  await expect(docker('ps')).rejects.toBeInstanceOf(NoDocker)
})

test('one who may not ask is not told that there is none', async () => {
  stubDocker("echo 'permission denied while trying to connect to the Docker daemon socket' >&2; exit 1")
  await expect(docker('ps')).rejects.not.toBeInstanceOf(NoDocker)
})

test('and one that does not answer', async () => {
  stubDocker('exec /bin/sleep 60')
  await expect(dockerWithin(300, ['ps'])).rejects.toThrow(
    /^the Docker daemon does not answer: [^\n]+ did not end within [\d.]+ s$/,
  )
})

test('what Docker prints comes by lines', async () => {
  stubDocker('printf "one\\ntwo\\n"')
  expect(await docker('ps')).toEqual(['one', 'two'])
})

test.each(['2.20.0', 'v2.40.3-3', '3.0.0'])('Compose %s will do', async (version) => {
  stubDocker(`echo ${version}`)
  await expect(requireCompose()).resolves.toBeUndefined()
})

test.each(['2.19.1', '1.29.2'])('Compose %s is too old, and that is one line', async (version) => {
  stubDocker(`echo ${version}`)
  await expect(requireCompose()).rejects.toThrow(`Docker Compose 2.20 or newer is needed; this is ${version}`)
})

test('a docker without Compose is told so, in one line', async () => {
  stubDocker(`echo "docker: 'compose' is not a docker command." >&2; exit 1`)
  await expect(requireCompose()).rejects.toThrow(
    /^Docker Compose 2\.20 or newer is needed, and docker has no such command [^\n]+$/,
  )
})

test('one whose daemon is off is not called fit', async () => {
  stubDocker(`[ "$1" = compose ] && echo 2.40.0 && exit 0; echo 'Cannot connect to the Docker daemon' >&2; exit 1`)
  await expect(requireCompose()).rejects.toBeInstanceOf(NoDocker)
})
