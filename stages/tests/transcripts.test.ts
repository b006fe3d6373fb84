/** Runs or checks the commands that the README and the lessons name. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { keyTable } from '../../apps/platform/redis/keys.ts'
import { loadStage, stageNames } from '../../infra/stage/catalogue.ts'
import { parsePair } from '../../infra/stage/settings.ts'
import type { RunningStage } from './running-stages.ts'
import { sharedStage } from './shared-stage.ts'
import { patternOf, type Step, stepsOf } from './transcripts.ts'

const root = join(import.meta.dirname, '../..')
const STAGES = stageNames().map((name) => Number.parseInt(name, 10))
const pages = ['README.md', 'stages/redis-corrections.md', ...stageNames().map((name) => `stages/${name}.md`)]
const scripts: Record<string, string> = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts
const main = join(root, 'apps/lab/main.ts')
const COMMAND_TIMEOUT_MS = 20_000

const folder = mkdtempSync(join(tmpdir(), 'outgrow-transcript-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe.each(pages)('%s', (page) => {
  const text = readFileSync(join(root, page), 'utf8')
  const steps = stepsOf(text)
  const own = mkdtempSync(join(folder, 'page-'))
  const running = STAGES.filter((number) => portsOf(number).test(text)).map(sharedStage)

  test.each(steps.filter(({ command }) => /^(?:curl|for) /.test(command)))('line $line: $command', (step) =>
    run(step, own, running),
  )

  test.each(steps.filter(({ command }) => command.startsWith('npm ')))('line $line: $command', ({ command }) => checkNpm(command))

  test.each(steps.filter(({ command }) => command.startsWith('docker ')))('line $line: $command', ({ command }) => {
    const profile = /^docker compose --profile (stage\d) (?:up --wait|down --volumes)$/.exec(command)?.[1]
    expect(readFileSync(join(root, 'docker-compose.yml'), 'utf8')).toContain(`profiles: [${profile}]`)
  })

  test('every command is of a kind that is run or checked', () => {
    expect(steps.filter(({ command }) => !/^(?:curl|for|npm|diff|docker) /.test(command))).toEqual([])
  })

  test('commands in the running text exist', async () => {
    for (const [, command = ''] of text.matchAll(/`(npm (?:start|stop|test|run)[^`]*)`/g)) await checkNpm(command)
    for (const [, pair = ''] of text.matchAll(/`--set (\S+=\S+)`/g)) parsePair(pair)
  })
})

test('the table of Redis keys is that of the code', () => {
  const lesson = readFileSync(join(root, 'stages/4-primary-replica-redis.md'), 'utf8')
  expect(lesson).toContain(`<!-- keys -->\n\n${keyTable()}\n<!-- /keys -->`)
})

test('the pictures are those of the stages', () => {
  const { status, stderr } = spawnSync(process.execPath, [main, 'diagram', '--check'], {
    encoding: 'utf8',
    timeout: COMMAND_TIMEOUT_MS,
  })
  expect(status, stderr).toBe(0)
})

function run({ command, expected }: Step, cwd: string, running: readonly (() => RunningStage)[]): void {
  const here = running
    .map((stage) => stage())
    .reduce((text, stage) => text.replace(portsOf(stage.stage), (port) => portOf(stage, port)), command)
  const { stdout, stderr } = spawnSync('bash', ['-c', here], { cwd, encoding: 'utf8', timeout: COMMAND_TIMEOUT_MS })
  if (expected.length > 0) expect(`${stdout}${stderr}`.replaceAll('\r', '')).toMatch(patternOf(expected))
}

/** The stage's entry and the ports of its programs, as the pages name them. */
function portsOf(stage: number): RegExp {
  return new RegExp(`(?<=127\\.0\\.0\\.1:)4(?:00${stage}|${stage}\\d\\d)\\b`, 'g')
}

function portOf({ stage, url }: RunningStage, port: string): string {
  return String(Number(new URL(url).port) + Number(port) - 4_000 - stage)
}

async function checkNpm(command: string): Promise<void> {
  const [, verb = '', script, ...args] = command.split(/\s+/)
  const name = verb === 'run' ? (script ?? '') : verb
  expect(scripts, command).toHaveProperty([name])
  const rest = (verb === 'run' ? args : [script, ...args]).filter((word) => word !== undefined && word !== '--')
  for (const [at, word = ''] of rest.entries()) {
    if (rest[at - 1] === '--set') parsePair(word)
    if (/^\d$/.test(word) && rest[at - 1] !== '--bucket') await loadStage(word)
    if (word.startsWith('--')) expect(usageOf(name), command).toContain(word)
  }
  // What is only named, with nothing that it is to do, is checked as far as that goes.
  if (rest.length === 0) return
  if (name === 'load') expect(existsSync(join(root, 'loadtests', `${rest[1]}.ts`)), command).toBe(true)
  if (name === 'drill') expect(usageOf(name).split(/[ |]/), command).toContain(rest[1])
}

const usages = new Map<string, string>()

/** What the command says of itself: a flag that it does not name does not exist. */
function usageOf(name: string): string {
  const known = usages.get(name) ?? spawnSync(process.execPath, [main, name, '--help'], { encoding: 'utf8' }).stdout
  usages.set(name, known)
  return known
}
