import { httpCall } from '../../../infra/process/http-call.ts'
import { type Command, CommandError } from '../runner/command.ts'
import { runTool } from '../runner/tool.ts'

const ANSWER_TIMEOUT_MS = 5_000

/** Holds any shop to the contract by its address alone, with the suite that the stages' own tests run. */
export const contractCommand: Command = {
  summary: 'check a running shop against the contract',
  usage: 'npm run contract -- URL     for example http://127.0.0.1:4003',
  async run(args) {
    const url = urlOf(args)
    await mustBeShop(url)
    // Ends as vitest ends: with 0 only when every test has passed.
    return runTool('vitest', ['run', '--config', 'stages/contract/vitest.config.ts'], { OUTGROW_CONTRACT_URL: url })
  },
}

function urlOf(args: string[]): string {
  const [text, ...more] = args
  if (text === undefined || more.length > 0) throw new CommandError('contract takes one URL, for example http://127.0.0.1:4003')
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'http:') throw new CommandError(`"${text}" is no URL of a shop; one looks like http://127.0.0.1:4003`)
  return url.origin
}

/** A clear line now instead of a hundred failed tests later. */
async function mustBeShop(url: string): Promise<void> {
  const answer = await httpCall(`${url}/products?limit=1`, { timeoutMs: ANSWER_TIMEOUT_MS }).catch((error) => {
    throw new CommandError(`nothing answers at ${url} (${error.code ?? error.message}); \`npm start\` starts a shop`)
  })
  const served = answer.headers['x-served-by']
  if (served === undefined) throw new CommandError(`what answers at ${url} is no shop: it does not say x-served-by`)
  if (answer.status !== 200) throw new CommandError(`the shop at ${url} is not in order: GET /products answers ${answer.status}`)
}
