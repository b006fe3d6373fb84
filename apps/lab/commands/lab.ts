import { type Command, CommandError } from '../runner/command.ts'

/** Each is a command of its own, with its own options. */
const EXPERIMENTS: Readonly<Record<string, () => Promise<Command>>> = {
  hashing: async () => (await import('../hashing/hashing.ts')).hashingExperiment,
  'hot-key': async () => (await import('../hot-key/hot-key.ts')).hotKeyExperiment,
  skew: async () => (await import('../skew/skew.ts')).skewExperiment,
}

const NAMES = Object.keys(EXPERIMENTS).join(', ')

export const labCommand: Command = {
  summary: `experiments that need no running stage: ${NAMES}`,
  usage: 'npm run lab -- hashing|hot-key|skew [--markdown | --json | --write-lesson]',
  async run([name, ...args]) {
    const load = name !== undefined && Object.hasOwn(EXPERIMENTS, name) ? EXPERIMENTS[name] : undefined
    if (!load) throw new CommandError(`lab takes the name of an experiment${name ? `, not "${name}"` : ''}; there are: ${NAMES}`)
    return (await load()).run(args)
  },
}
