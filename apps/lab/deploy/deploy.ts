/**
 * One service of a running stage goes over to another build while its shop is open: one copy more comes first, from the new build; then
 * the others are replaced in turn; then the first goes. So there are never fewer copies than before, and what cannot start replaces nobody.
 */
import type { StageState } from '../../../infra/local/state/stage-state.ts'
import type { Build } from '../../../infra/stage/app-programs.ts'
import { askRunner, RunnerRefusal } from '../runner/ask-runner.ts'
import { CommandError, say } from '../runner/command.ts'
import { oneAtATime } from '../runner/one-at-a-time.ts'
import type { ServiceName } from '../scale/request.ts'

/** Answers what there is to say. */
export async function deploy(stage: StageState, service: ServiceName, build: Build | undefined): Promise<string> {
  return oneAtATime(stage, async () => {
    const startedAt = performance.now()
    const copies = stage.settings[service]
    const names = Array.from({ length: copies }, (_, index) => `${service}-${index + 1}`)
    const first = `${service}-${copies + 1}`
    say(`starting ${first} from ${nameOf(build)} …`)
    await orOneLine(
      askRunner(stage, { changed: [`${service}=${copies + 1}`], deployed: { ...deployed(first, build), tablesOf: service } }),
    )
    try {
      await replaceAll(stage, names, build)
    } finally {
      say(`ending ${first} …`)
      await askRunner(stage, { changed: [`${service}=${copies}`] })
    }
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1)
    return `${service} runs ${nameOf(build)} now; replaced one after the other: ${names.join(', ')} (${seconds} s)\n`
  })
}

async function replaceAll(stage: StageState, names: readonly string[], build: Build | undefined): Promise<void> {
  for (const [index, name] of names.entries()) {
    say(`replacing ${name} …`)
    await orOneLine(askRunner(stage, { deployed: deployed(name, build) }), names.slice(0, index))
  }
}

function deployed(program: string, build: Build | undefined) {
  return { programs: [program], ...(build && { build }) }
}

function nameOf(build: Build | undefined): string {
  return build?.name ?? 'the checkout'
}

const MOST_CHARS_OF_LOG = 300

/** Of what a copy has logged before it failed the last that speaks of an error says why. */
async function orOneLine(work: Promise<unknown>, replaced: readonly string[] = []): Promise<void> {
  await work.catch((error: Error) => {
    if (!(error instanceof RunnerRefusal)) throw error
    const [what = '', ...log] = error.reason.split('\n').map((line) => line.trim())
    const why = log.findLast((line) => /error/i.test(line)) ?? log.at(-1)
    const known = why === undefined ? what : `${what}: ${why.slice(0, MOST_CHARS_OF_LOG)}`
    throw new CommandError(`${known}; the deploy stopped, and ${leftOver(replaced)}`)
  })
}

function leftOver(replaced: readonly string[]): string {
  return replaced.length === 0 ? 'the old copies stay' : `${replaced.join(', ')} had been replaced; the other old copies stay`
}
