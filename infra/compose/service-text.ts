/** One container as Compose reads it: at most eight lines. */
import type { After, Service } from './services.ts'

type Among = {
  readonly lists: LongLists
  /** What it is like: the name of a part of the file, and what that part says already. */
  readonly base: string
  readonly said: readonly string[]
  /** By which name others refer to it. */
  readonly anchor: string | undefined
}

export function writeService(service: Service, { lists, base, said, anchor }: Among): string {
  const own = settingsOf(service, lists).filter((line) => !said.includes(line))
  const head = `  ${service.name}:${anchor === undefined ? '' : ` &${anchor}`}`
  return [head, `    <<: *${base}`, ...own.map((line) => `    ${line}`)].join('\n')
}

export function settingsOf(service: Service, lists: LongLists): string[] {
  const { profile, hostname, command, port, tiers, volumes, after } = service
  return [
    `profiles: [${profile}]`,
    ...(hostname === undefined ? [] : [`hostname: ${hostname}`]),
    ...(command === undefined ? [] : [`command: [${command}]`]),
    ...(port === undefined ? [] : [`ports: ['127.0.0.1:${port}:${port}']`]),
    ...(tiers.length === 0 ? [] : [`networks: [${tiers.map((tier) => `${profile}-${tier}`).join(', ')}]`]),
    `volumes: [${volumes.join(', ')}]`,
    ...(after.length === 0 ? [] : [`depends_on: ${afterText(after, lists)}`]),
  ]
}

/** More than a line holds stands outside the services. */
const MOST_IN_A_LINE = 4

function afterText(after: readonly After[], lists: LongLists): string {
  const list = lists.get(JSON.stringify(after))
  return list ? `*${list.name}` : `{${after.map(({ service, is }) => `${service}: *${is}`).join(', ')}}`
}

/** What is waited for, by its text; named after the first that waits for it. */
export type LongLists = ReadonlyMap<string, { readonly name: string; readonly after: readonly After[] }>

export function longListsOf(services: readonly Service[]): LongLists {
  const long = services.filter(({ after }) => after.length > MOST_IN_A_LINE)
  return new Map(long.toReversed().map(({ name, after }) => [JSON.stringify(after), { name: `before-${name}`, after }]))
}

export function listTexts(lists: LongLists): string[] {
  return [...lists.values()].map(({ name, after }) => {
    return [`x-${name}: &${name}`, ...after.map(({ service, is }) => `  ${service}: *${is}`)].join('\n')
  })
}
