import { type Command, CommandError } from '../runner/command.ts'

/** Each is a command of its own, with its own options. */
const EXPERIMENTS: Readonly<Record<string, () => Promise<Command>>> = {
  'dead-letters': async () => (await import('../events/dead-letters.ts')).deadLettersCommand,
  hashing: async () => (await import('../hashing/hashing.ts')).hashingExperiment,
  hops: async () => (await import('../hops/hops.ts')).hopsExperiment,
  'hot-key': async () => (await import('../hot-key/hot-key.ts')).hotKeyExperiment,
  'lost-jobs': async () => (await import('../lost-jobs/lost-jobs.ts')).lostJobsExperiment,
  replay: async () => (await import('../events/replay.ts')).replayCommand,
  skew: async () => (await import('../skew/skew.ts')).skewExperiment,
}

const NAMES = Object.keys(EXPERIMENTS).join(', ')

export const labCommand: Command = {
  summary: `experiments, and a look at the events of a running stage: ${NAMES}`,
  usage: 'npm run lab -- dead-letters|hashing|hops|hot-key|lost-jobs|replay|skew [--markdown | --json | --write-lesson]',
  async run([name, ...args]) {
    const load = name !== undefined && Object.hasOwn(EXPERIMENTS, name) ? EXPERIMENTS[name] : undefined
    if (!load) throw new CommandError(`lab takes the name of an experiment${name ? `, not "${name}"` : ''}; there are: ${NAMES}`)
    return (await load()).run(args)
  },
}
