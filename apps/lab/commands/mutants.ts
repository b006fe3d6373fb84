import path from 'node:path'
import { CHECKOUT } from '../../../infra/local/state/data-folder.ts'
import { handOver } from '../../../infra/setup/hand-over.mjs'
import type { Command } from '../runner/command.ts'

export const mutantsCommand: Command = {
  summary: 'plants faults in a copy of the code, one at a time, and runs the test that must find each',
  usage: 'npm run mutants [-- PART-OF-A-FILE-NAME…]',
  run: (args) =>
    handOver(process.execPath, [path.join(CHECKOUT, 'infra/test/mutants/run-mutants.ts'), ...args], { cwd: CHECKOUT }),
}
