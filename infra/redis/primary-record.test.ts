import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type GroupFolders, lastPrimary } from './primary-record.ts'
import { writeConfig } from './server.ts'

let folder: string
let group: GroupFolders
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outgrow-record-test-'))
  const servers = new Map(['state-1', 'state-2'].map((name) => [name, join(folder, name)]))
  group = { group: 'state', servers, sentinels: ['sentinel-1', 'sentinel-2', 'sentinel-3'].map((name) => join(folder, name)) }
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function writeServers(): Promise<void> {
  await writeConfig(join(folder, 'state-1'), 'bind 127.0.0.1\nport 4406\nreplicaof 127.0.0.1 4407\n')
  await writeConfig(join(folder, 'state-2'), 'bind 127.0.0.1\nport 4407\nmin-replicas-max-lag 3\n')
}

async function writeSentinel(name: string, port: number, epoch: number): Promise<void> {
  const lines = ['port 4408', `sentinel monitor state 127.0.0.1 ${port} 2`, `sentinel config-epoch state ${epoch}`, '']
  await writeConfig(join(folder, name), lines.join('\n'))
}

test('before the first start nobody was', () => {
  expect(lastPrimary(group)).toBeUndefined()
})

test('the last failover counts, whoever has not heard of it', async () => {
  await writeServers()
  await writeSentinel('sentinel-1', 4406, 9)
  await writeSentinel('sentinel-2', 4407, 10)
  expect(lastPrimary(group)).toBe('state-2')
})

test('a port that no server had names nobody', async () => {
  await writeServers()
  await writeSentinel('sentinel-1', 4499, 1)
  expect(lastPrimary(group)).toBeUndefined()
})
