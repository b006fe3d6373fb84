import { existsSync } from 'node:fs'
import { afterEach, expect, test, vi } from 'vitest'
import { answeringDocker } from '../../../../infra/compose/test-docker.ts'
import type { StageState } from '../../../../infra/local/state/stage-state.ts'
import { loadStage } from '../../../../infra/stage/catalogue.ts'
import { heldOpen, requireComposeContestants, startComposeStages } from './compose-stages.ts'

afterEach(() => vi.unstubAllEnvs())

const contestant = async (reference: string, set: readonly string[] = []) => ({ stage: await loadStage(reference), set })
const COMPOSE = { compose: '2.40.3\n', version: '28.2.2\n' }

test('a stage beside itself is refused: there is one of each', async () => {
  await expect(requireComposeContestants([await contestant('2'), await contestant('2', ['cache=local'])])).rejects.toThrow(
    /^in Docker Compose there is one stage 2, [^\n]+$/,
  )
})

test('so are settings that ask for other containers', async () => {
  answeringDocker({ ...COMPOSE, volume: '' })
  await expect(requireComposeContestants([await contestant('1'), await contestant('5', ['shards=2'])])).rejects.toThrow(
    /^OUTGROW_SET=shards=2 asks for other containers than docker-compose.yml has; [^\n]+$/,
  )
})

test('a stage that has data is left alone, and what removes it is told', async () => {
  const docker = answeringDocker({ ...COMPOSE, volume: 'outgrow_stage2-db\n' })
  await expect(requireComposeContestants([await contestant('1'), await contestant('2')])).rejects.toThrow(
    /^stage1 of Docker Compose has data, and a comparison starts afresh: remove it first with docker compose --profile stage1 down --volumes$/,
  )
  expect(docker.asked().filter((line) => / (?:up|down) /.test(line))).toEqual([])
})

test('one that does not come up is removed', async () => {
  const docker = answeringDocker({ ...COMPOSE, ps: '' })
  const starting = startComposeStages([await contestant('1'), await contestant('2')], {
    sizeCpu: null,
    signal: new AbortController().signal,
  })
  await expect(starting).rejects.toThrow(/^stage 1-single-node is not up in Docker Compose /)
  expect(docker.asked().at(-1)).toMatch(/ --profile stage1 down --volumes$/)
})

test.each(['close', 'remove'])(
  'where “%s” fails its folder goes nevertheless, and that it has ended is known',
  async (failing) => {
    const does = (what: string) => async () => {
      if (what === failing) throw new Error(`no ${what}`)
    }
    const remove = vi.fn(does('remove'))
    const open = { state: {} as StageState, size: async () => undefined, close: does('close') }
    const held = await heldOpen({ name: 'stage1', remove }, open, null)
    await expect(held.remove()).rejects.toThrow(`no ${failing}`)
    expect(remove).toHaveBeenCalledOnce()
    expect(existsSync(held.folder)).toBe(false)
    await held.ended
  },
)
