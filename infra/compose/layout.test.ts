import { execFileSync } from 'node:child_process'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { secretsIn } from '../local/state/secrets.ts'
import { testFolder } from '../process/test-folder.ts'
import { loadStage, stageNames } from '../stage/catalogue.ts'
import { type LaidOut, layOut } from './layout.ts'
import { lastingSecrets, planWith, requireVolumeSpace, writeLayout } from './set-up.ts'

async function laidOut(reference: string, set: readonly string[] = []): Promise<LaidOut[]> {
  const secrets = secretsIn(path.join(testFolder(), 'secrets.json'))
  return layOut({ plan: planWith(await loadStage(reference), set), secrets })
}

const fileOf = (programs: readonly LaidOut[], name: string, file: string) =>
  programs.find((program) => program.name === name)?.files[file] ?? ''

describe.each(stageNames())('%s', (name) => {
  test('tells every container how it is started and how its health is asked, in words that bash understands', async () => {
    for (const { files } of await laidOut(name)) {
      for (const script of [files.start, files.health ?? ':']) execFileSync('bash', ['-n'], { input: script })
    }
  })

  test('lets none of our programs wait for the name of one that is down behind three others', async () => {
    const starts = (await laidOut(name)).flatMap(({ kind, files }) => (kind === 'node' ? [files.start] : []))
    expect(starts.filter((start) => !start?.includes('export UV_THREADPOOL_SIZE='))).toEqual([])
  })

  test('speaks of no loopback but where a container asks itself', async () => {
    for (const { files } of await laidOut(name)) {
      const told = Object.entries(files).filter(([file]) => !['health', 'topology.json', 'nodes.conf'].includes(file))
      const asked = told.map(([, text]) => text.replaceAll(/"databaseHost":"127\.0\.0\.1"/g, '')).join('\n')
      expect(asked).not.toMatch(/127\.0\.0\.1/)
    }
  })
})

test('knows the same passwords and keys at a second start, as containers of the first may still be up', () => {
  const file = path.join(testFolder(), 'secrets.json')
  expect(lastingSecrets(file)).toEqual(lastingSecrets(file))
})

test('asks for room before a database fills the disk, and says where', async () => {
  const free = (mb: number) => async () => mb
  const line = "only 49 MB are free in Docker's volumes, and 50 MB are needed; make room, or remove what is not used"
  const volume = { folder: '/key', plan: planWith(await loadStage('1'), []) }
  await expect(requireVolumeSpace({ ...volume, isFirst: false }, free(49))).rejects.toThrow(line)
  await expect(requireVolumeSpace({ ...volume, isFirst: true }, free(499))).rejects.toThrow('500 MB are needed')
  await requireVolumeSpace({ ...volume, isFirst: true }, free(500))
})

test('is laid out by kind, for all to read, and again over what is there', async () => {
  const [root, programs] = [testFolder(), await laidOut('3')]
  for (const _ of [1, 2]) writeLayout(root, programs)
  const config = path.join(root, 'haproxy/edge/haproxy.cfg')
  expect(readFileSync(config, 'utf8')).toContain('server app-2 stage3-app-2:4304')
  expect(statSync(config).mode & 0o777).toBe(0o644)
})

test('an experiment reaches the apps', async () => {
  expect(fileOf(await laidOut('3', ['drain=off']), 'app-1', 'start')).toContain('"drain":"off"')
})

test('an experiment that needs other containers is refused in one line', async () => {
  await expect(laidOut('5', ['shards=2'])).rejects.toThrow(
    /^OUTGROW_SET=shards=2 asks for other containers than docker-compose.yml has/,
  )
})

test('a replica knows its primary by name, and so do the Sentinels', async () => {
  const programs = await laidOut('4')
  expect(fileOf(programs, 'state-2', 'redis.conf')).toMatch(/^replicaof stage4-state-1 \d+$/m)
  expect(fileOf(programs, 'sentinel-1', 'sentinel.conf')).toMatch(/^sentinel monitor state stage4-state-1 \d+ 2$/m)
})

/** What a container does at its start, with its folders elsewhere and without the server. */
function begin(start: string, folders: Readonly<Record<string, string>>, PATH = process.env.PATH): void {
  const moved = Object.entries(folders).reduce((text, [from, to]) => text.replaceAll(from, to), start)
  execFileSync('bash', ['-c', moved.replace(/^exec .*$/m, '')], { env: { PATH } })
}

test('a Redis that was made another’s replica stays so when it is started again, with today’s configuration', async () => {
  const programs = await laidOut('4')
  const [root, data] = [testFolder(), testFolder()]
  writeLayout(root, programs)
  const start = fileOf(programs, 'state-1', 'start')
  const folders = { '/stage/': `${root}/redis/`, '/data/': `${data}/` }
  begin(start, folders)
  expect(readFileSync(path.join(data, 'redis.conf'), 'utf8')).not.toMatch(/^replicaof/m)
  execFileSync('bash', ['-c', `echo 'replicaof stage4-state-2 4406' > ${data}/redis.conf`])
  begin(start, folders)
  const lines = readFileSync(path.join(data, 'redis.conf'), 'utf8').split('\n')
  expect(lines).toEqual(expect.arrayContaining(['replicaof stage4-state-2 4406', 'maxmemory 128mb']))
})

test('a node of a Cluster that is started finds the others where they are today', async () => {
  const programs = await laidOut('5')
  const [root, data, bin] = [testFolder(), testFolder(), testFolder()]
  writeLayout(root, programs)
  const folders = { '/stage/': `${root}/redis/`, '/data/': `${data}/` }
  const places = path.join(bin, 'getent')
  const startAmong = (known: string) => {
    writeFileSync(places, `#!/bin/sh\nif [ "$2" = stage5-state-2 ]; then echo "${known}  $2"; else exit 2; fi\n`, { mode: 0o755 })
    begin(fileOf(programs, 'state-1', 'start'), folders, `${bin}:${process.env.PATH}`)
    return readFileSync(path.join(data, 'nodes.conf'), 'utf8')
  }
  expect(startAmong('10.1.2.3')).toMatch(/^[0-9a-f]{40} 10\.1\.2\.3:\d+@\d+,stage5-state-2 master/m)
  expect(startAmong('10.1.2.4')).toMatch(/^[0-9a-f]{40} 10\.1\.2\.4:\d+@\d+,stage5-state-2 master/m)
})
