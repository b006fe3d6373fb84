import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { testFolder } from '../process/test-folder.ts'
import { loadStage } from '../stage/catalogue.ts'
import { type Plan, planOf } from '../stage/plan.ts'
import { type ContainerSizes, engineHere, sizeContainers, unsizeContainers } from './container-sizes.ts'
import { answeringDocker } from './test-docker.ts'

const begun: ContainerSizes[] = []
afterEach(async () => {
  for (const sizes of begun.splice(0)) await sizes.end().catch(() => {})
  vi.unstubAllEnvs()
})

const PATIENCE = { timeout: 60_000 }
const planFor = async (stage: string) => planOf(await loadStage(stage), { portBase: 4_000, runtime: 'compose' })
const updates = (asked: readonly string[]) => asked.filter((line) => line.startsWith('update '))

async function sized({ hosts }: Plan) {
  const sizes = await sizeContainers(await engineHere(), { hosts, containerOf: (program) => `c-${program}`, sizeCpu: 0.15 })
  begun.push(sizes)
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
  const child = commandWithSizes()
  await vi.waitFor(() => expect(updates(docker.asked())).toHaveLength(1), PATIENCE)
  child.kill('SIGKILL')
  await vi.waitFor(() => expect(updates(docker.asked())[1]).toBe('update --cpu-quota -1 --cpuset-cpus 0-1 db'), PATIENCE)
}, 130_000)

test('and when it is killed while Docker still puts them on', async () => {
  const docker = scriptedDocker(`case "$*" in
  info*) echo '2 true true';;
  *--cpu-period*) while [ ! -f "$folder/go" ]; do /bin/sleep 0.1; done; echo 'put on' >> "$folder/asked";;
esac`)
  const child = commandWithSizes()
  await vi.waitFor(() => expect(updates(docker.asked())).toHaveLength(1), PATIENCE)
  child.kill('SIGKILL')
  // Longer than a guard needs who waits for nobody.
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  docker.go()
  const last = ['put on', 'update --cpu-quota -1 --cpuset-cpus 0-1 db']
  await vi.waitFor(() => expect(docker.asked().slice(-2)).toEqual(last), PATIENCE)
}, 130_000)

test('where Docker does not take them off that is said, and who outlives us tries too', async () => {
  const docker = scriptedDocker(`case "$*" in
  info*) echo '2 true true';;
  *'--cpu-quota -1'*) echo 'Error response from daemon: out of breath' >&2; exit 1;;
esac`)
  const sizes = await sized(await planFor('2'))
  await expect(sizes.end()).rejects.toThrow(/^out of breath$/)
  // Those for all containers: ours, and then the other's.
  const forAll = () => docker.asked().filter((line) => line.endsWith(' -1 --cpuset-cpus 0-1 c-db c-app-1'))
  await vi.waitFor(() => expect(forAll().length).toBeGreaterThanOrEqual(2), PATIENCE)
}, 130_000)

test('a container that is gone keeps the others from nothing', async () => {
  const docker = scriptedDocker(`case "$*" in
  *gone*) echo 'Error response from daemon: No such container: gone' >&2; exit 1;;
esac`)
  await unsizeContainers({ about: '', cpus: 2, canLimit: true, canPin: true }, ['gone', 'there'])
  expect(docker.asked().at(-1)).toBe('update --cpu-quota -1 --cpuset-cpus 0-1 there')
})

function commandWithSizes(): ChildProcess {
  const module = new URL('container-sizes.ts', import.meta.url).href
  const hosts = [{ name: 'db', sized: true, programs: ['db'] }]
  const code = `import { engineHere, sizeContainers } from '${module}'
    await sizeContainers(await engineHere(), { hosts: ${JSON.stringify(hosts)}, containerOf: (name) => name, sizeCpu: 0.5 })
    setInterval(() => {}, 1_000)`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], { stdio: 'ignore' })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

/** A `docker` that notes what it is asked, and does this. */
function scriptedDocker(script: string) {
  const folder = testFolder()
  const file = (name: string) => path.join(folder, name)
  writeFileSync(file('asked'), '')
  writeFileSync(file('docker'), `#!/bin/sh\nfolder=\${0%/*}\necho "$*" >> "$folder/asked"\n${script}\n`, { mode: 0o755 })
  vi.stubEnv('PATH', folder)
  return {
    go: () => writeFileSync(file('go'), ''),
    asked: () => readFileSync(file('asked'), 'utf8').split('\n').filter(Boolean),
  }
}
