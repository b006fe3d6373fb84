import { partyNamed, whatWouldBreak, whatWouldBreakFrom, writeContracts } from '../contracts/can-i-deploy.ts'
import { type Command, InputError, parseCommandLine } from '../runner/command.ts'

const USAGE = 'npm run can-i-deploy -- SERVICE [--from COMMIT|FOLDER] | --write'
const OPTIONS = { from: { type: 'string' }, write: { type: 'boolean', default: false } } as const

export const canIDeployCommand: Command = {
  summary: 'says from the contracts in apps/contracts whether a service may be deployed alone; --write writes them anew',
  usage: USAGE,
  async run(args) {
    const { values, positionals } = parseCommandLine(args, OPTIONS, USAGE)
    if (values.write) return write()
    const [service, ...rest] = positionals
    if (service === undefined || rest.length > 0) throw new InputError(`can-i-deploy takes one service; usage: ${USAGE}`)
    const name = partyNamed(service)
    const complaints = values.from === undefined ? whatWouldBreak(name, undefined) : await whatWouldBreakFrom(values.from, name)
    process.stdout.write(
      complaints.length === 0 ? `yes: ${name} breaks nobody\n` : `no:\n${complaints.map((line) => `  ${line}\n`).join('')}`,
    )
    return complaints.length === 0 ? 0 : 1
  },
}

async function write(): Promise<number> {
  const files = await writeContracts()
  process.stdout.write(
    files.length === 0 ? 'all contracts are as the code has them\n' : files.map((file) => `wrote ${file}\n`).join(''),
  )
  return 0
}
