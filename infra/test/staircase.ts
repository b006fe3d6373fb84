/** The house: a room may use those that stand before it in this list, and no others. */
import { dirname, normalize } from 'node:path'

const ROOMS = [
  'infra/process',
  'infra/stage',
  'infra/diagram',
  'infra/setup',
  'infra/servers',
  'infra/mysql',
  'infra/mysql/keeper',
  'infra/redis',
  'infra/haproxy',
  'infra/local/hosts',
  'infra/local/state',
  'infra/local/launch',
  'infra/local/run',
  'infra/compose',
  'infra/redis/demonstrations',
  'loadtests',
  'apps/platform/process',
  'apps/platform/http',
  'apps/platform/calls',
  'apps/platform/tracing',
  'apps/platform/redis',
  'apps/platform/mysql',
  'apps/platform/leases',
  'apps/platform/events',
  'apps/platform/inbox',
  'apps/platform/stores',
  'apps/platform/moves',
  'apps/platform/limits',
  'apps/platform/cache',
  'apps/bank',
  'apps/users',
  'apps/users/recently-viewed',
  'apps/products',
  'apps/products/flash-sales',
  'apps/products/stock',
  'apps/orders',
  'apps/orders/admin',
  'apps/orders/saga',
  'apps/payments',
  'apps/gateway',
  'apps/consumers',
  'apps/shop',
  'apps/fixtures',
  'apps/lab/runner',
  'apps/lab/events',
  'apps/lab/reset',
  'apps/lab/reshard',
  'apps/lab/scale',
  'apps/lab/trace',
  'apps/lab/deploy',
  'apps/lab/contracts',
  'apps/lab/invariants',
  'apps/lab/load',
  'apps/lab/drills/traffic',
  'apps/lab/drills',
  'apps/lab/compare',
  'apps/lab/compare/measure',
  'apps/lab/compare/judge',
  'apps/lab/compare/report',
  'apps/lab/bench',
  'apps/lab/hashing',
  'apps/lab/hot-key',
  'apps/lab/hops',
  'apps/lab/skew',
  'apps/lab/lost-jobs',
  'apps/lab/prefetch',
  'apps/lab/doctor',
  'apps/lab/commands',
  'apps/lab',
  'stages',
  'stages/contract',
]

export type Import = readonly [from: string, to: string]

/** The files that a file names in its imports, those of types included. */
export function importsOf(file: string, text: string): Import[] {
  const found = text.matchAll(/(?:from |import\(|import )'(\.[^']+)'/g)
  return [...found].map(([, path = '']) => [file, normalize(`${dirname(file)}/${path}`)])
}

/** The innermost room that a file is in. */
export function roomOf(file: string): string | undefined {
  const around = ROOMS.filter((room) => file.startsWith(`${room}/`))
  return around.toSorted((one, other) => other.length - one.length)[0]
}

/** -1 for a file that is in none. */
export function rankOf(file: string): number {
  return ROOMS.indexOf(roomOf(file) ?? '')
}

/** Each circle once, as the files on it. */
export function circlesIn(imports: readonly Import[]): string[][] {
  const edges = Map.groupBy(imports, ([from]) => from)
  const done = new Set<string>()
  const circles: string[][] = []
  const visit = (file: string, path: readonly string[]): void => {
    const at = path.indexOf(file)
    if (at >= 0) circles.push([...path.slice(at), file])
    if (at >= 0 || done.has(file)) return
    for (const [, to] of edges.get(file) ?? []) visit(to, [...path, file])
    done.add(file)
  }
  for (const file of edges.keys()) visit(file, [])
  return circles
}
