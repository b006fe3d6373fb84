import path from 'node:path'
import { dataFolder } from '../../../infra/local/state/data-folder.ts'
import type { StageState } from '../../../infra/local/state/stage-state.ts'

/** What the person sees when stages are up: where they are, what runs, and curl lines that work as they stand. */
export function welcome(states: readonly StageState[], detach: boolean): string {
  const end = detach ? '"npm stop" ends what was started, "npm run status" shows it.' : 'Ctrl-C ends what was started.'
  return `${states.map(introduce).join('\n')}\n${end}\n`
}

function introduce(state: StageState): string {
  const lines = [
    `Stage ${state.name} is up at ${state.url}`,
    ...state.hosts.map((host) => `  ${describeHost(state, host.name)}`),
    'Try it:',
    ...curlLines(state),
  ]
  return `${lines.join('\n')}\n`
}

function describeHost({ hosts, programs }: StageState, name: string): string {
  const sizeCpu = hosts.find((host) => host.name === name)?.sizeCpu ?? null
  const own = programs.filter(({ host }) => host === name).map((program) => `${program.name} on port ${program.port}`)
  return `${name.padEnd(8)} ${formatSize(sizeCpu).padEnd(9)} ${own.join(', ')}`
}

export function formatSize(sizeCpu: number | null): string {
  return sizeCpu === null ? 'unsized' : `${sizeCpu} CPU`
}

function curlLines({ stage, url }: StageState): string[] {
  const jar = path.relative(process.cwd(), path.join(dataFolder(), `cookies-${stage}.txt`))
  const json = "-H 'content-type: application/json'"
  const account = `{"email":"shopper-0001@example.com","password":"outgrow-demo-password"}`
  return [
    `  curl -s ${url}/products/prd_00042`,
    `  curl -s -c ${jar} ${json} -d '${account}' ${url}/sessions`,
    `  curl -s -b ${jar} ${json} -H "idempotency-key: $(date +%s)" -d '{"items":[{"productId":"prd_00042","quantity":1}]}' ${url}/orders`,
  ]
}
