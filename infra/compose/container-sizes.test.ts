import { spawn } from 'node:child_process'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { loadStage } from '../stage/catalogue.ts'
import { type Plan, planOf } from '../stage/plan.ts'
import { engineHere, sizeContainers } from './container-sizes.ts'
import { answeringDocker } from './test-docker.ts'

afterEach(() => vi.unstubAllEnvs())

const PATIENCE = { timeout: 60_000 }
const planFor = async (stage: string) => planOf(await loadStage(stage), { portBase: 4_000, runtime: 'compose' })
const updates = (asked: readonly string[]) => asked.filter((line) => line.startsWith('update '))

async function sized({ hosts }: Plan) {
  const sizes = await sizeContainers(await engineHere(), { hosts, containerOf: (program) => `c-${program}`, sizeCpu: 0.15 })
  onTestFinished(() => sizes.end())
  return sizes
}

test('each host has its part of 10 ms and a CPU; what belongs to somebody else is left alone', async () => {
  const docker = answeringDocker({ info: '2 true true\n' })
  await sized(await planFor('2'))
  expect(docker.asked().slice(1)).toEqual(['update --cpu-period 10000 --cpu-quota 1500 --cpuset-cpus 0 c-db c-app-1'])
})

test('programs that share a host have equal parts of it, none below what the kernel takes', async () => {
  const docker = answeringDocker({ info: '2 true true\n' })
  await sized(await planFor('1'))
  expect(updates(docker.asked())).toEqual(['update --cpu-period 13334 --cpu-quota 1000 --cpuset-cpus 0 c-db c-app-1'])
})

test('where nothing can be kept on one CPU nothing is', async () => {
  const docker = answeringDocker({ info: '2 true false\n' })
  await sized(await planFor('2'))
  expect(updates(docker.asked())).toEqual(['update --cpu-period 10000 --cpu-quota 1500 c-db c-app-1'])
})

test('limits are taken off and put back, and in the end all is as before', async () => {
  const docker = answeringDocker({ info: '2 true true\n' })
  const sizes = await sized(await planFor('2'))
  const [first] = updates(docker.asked())
  await sizes.lift()
  await sizes.restore()
  await sizes.end()
  expect(updates(docker.asked())).toEqual([
    first,
    'update --cpu-quota -1 c-db c-app-1',
    first,
    'update --cpu-quota -1 --cpuset-cpus 0-1 c-db c-app-1',
  ])
})

test('so it is when the command that had them is killed', async () => {
  const docker = answeringDocker({ info: '2 true true\n' })
  const module = new URL('container-sizes.ts', import.meta.url).href
  const hosts = [{ name: 'db', sized: true, programs: ['db'] }]
  const code = `import { engineHere, sizeContainers } from '${module}'
    await sizeContainers(await engineHere(), { hosts: ${JSON.stringify(hosts)}, containerOf: (name) => name, sizeCpu: 0.5 })
    setInterval(() => {}, 1_000)`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], { stdio: 'ignore' })
  onTestFinished(() => void child.kill('SIGKILL'))
  await vi.waitFor(() => expect(updates(docker.asked())).toHaveLength(1), PATIENCE)
  child.kill('SIGKILL')
  await vi.waitFor(() => expect(updates(docker.asked())[1]).toBe('update --cpu-quota -1 --cpuset-cpus 0-1 db'), PATIENCE)
}, 130_000)
