/**
 * One service of a running stage goes over to another build while its shop is open: one copy more comes first, from the new build; then
 * the others are replaced in turn; then the first goes. So there are never fewer copies than before, and what cannot start replaces nobody.
 */
import type { StageState } from '../../../infra/local/state/stage-state.ts'
import type { Build } from '../../../infra/stage/app-programs.ts'
import { askRunner, RunnerRefusal } from '../runner/ask-runner.ts'
import { CommandError, say } from '../runner/command.ts'
import { interruptible } from '../runner/interruption.ts'
import { oneAtATime } from '../runner/one-at-a-time.ts'
import { runningStage } from '../runner/running-stage.ts'
import type { ServiceName } from '../scale/request.ts'
import { endUnfinishedDeploy, forgetDeploy, noteDeploy, oneMoreOf } from '../scale/unfinished-deploy.ts'
import { refuseFull } from './request.ts'

/** Answers what there is to say. The first Ctrl-C ends it when the copy that is under way is replaced. */
export async function deploy(reference: string, service: ServiceName, build: Build | undefined): Promise<string> {
  const startedAt = performance.now()
  const interruption = interruptible(() => say('ending the deploy after this copy …'))
  try {
    const replaced = await oneAtATime(await runningStage(reference), async () => {
      // Somebody may have scaled the service, or started the stage anew, until it was our turn.
      await endUnfinishedDeploy(await runningStage(reference))
      const stage = await runningStage(reference)
      refuseFull(stage, service)
      return replaceWithOneMore(stage, { service, build, signal: interruption.signal })
    })
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1)
    return `${service} runs ${nameOf(build)} now; replaced one after the other: ${replaced.join(', ')} (${seconds} s)\n`
  } finally {
    interruption.done()
  }
}

type Wanted = { readonly service: ServiceName; readonly build: Build | undefined; readonly signal: AbortSignal }

/** Answers the copies that were replaced. */
async function replaceWithOneMore(stage: StageState, { service, build, signal }: Wanted): Promise<string[]> {
  const copies = stage.settings[service]
  const names = Array.from({ length: copies }, (_, index) => `${service}-${index + 1}`)
  const first = oneMoreOf({ service, copies })
  const endFirst = async () => {
    say(`ending ${first} …`)
    await askRunner(stage, { changed: [`${service}=${copies}`] }).catch((error: Error) => {
      const why = error instanceof RunnerRefusal ? error.reason : error.message
      throw new CommandError(`${first} was not ended: ${why}; to end it: npm run scale -- ${stage.stage} ${service}=${copies}`)
    })
    forgetDeploy(stage)
  }
  noteDeploy(stage, { service, copies })
  try {
    say(`starting ${first} from ${nameOf(build)} …`)
    const changed = [`${service}=${copies + 1}`]
    await orOneLine(askRunner(stage, { changed, deployed: { ...deployed(first, build), tablesOf: service } }))
    await replaceAll(stage, names, { build, signal })
  } catch (error) {
    // Why the deploy stopped is what has to be known.
    await endFirst().catch(({ message }: Error) => say(message))
    throw error
  }
  await endFirst()
  return names
}

async function replaceAll(
  stage: StageState,
  names: readonly string[],
  { build, signal }: Pick<Wanted, 'build' | 'signal'>,
): Promise<void> {
  for (const [index, name] of names.entries()) {
    const replaced = names.slice(0, index)
    if (signal.aborted) throw new Interrupted(`interrupted: the deploy stopped, and ${leftOver(replaced)}`)
    say(`replacing ${name} …`)
    await orOneLine(askRunner(stage, { deployed: deployed(name, build) }), replaced)
  }
}

class Interrupted extends CommandError {
  override readonly status = 130
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
