/**
 * One key that many ask for, in a Cluster of three servers without a size: what the server that has it is asked, with and without copies in
 * the apps. Four apps in one process, each with connections of its own, so that what they ask is counted and not how fast they are.
 */
import type { Redis } from 'ioredis'
import { startTestCluster, type TestCluster } from '../../../infra/redis/test-cluster.ts'
import type { Settings } from '../../../infra/stage/settings.ts'
import type { Cache, Cached } from '../../platform/cache/cache.ts'
import { testApps, testKeys } from '../../platform/cache/test-apps.ts'
import { seededRandom } from '../../platform/process/random.ts'
import { slotOf } from '../../platform/redis/slot.ts'
import { type Times, timesOf } from '../bench/times.ts'

export type HotKeyResult = {
  readonly hotKeys: Settings['hotKeys']
  readonly readsPerS: number
  /** Of a thousand reads those that each server was asked for, the one with the hot key first. */
  readonly askedPer1000: readonly number[]
  /** What its server worked for a thousand reads, in ms of CPU. */
  readonly hotCpuMsPer1000: number
  readonly read: Times
  readonly change: Times
  /** Reads after a change that showed what was before it. */
  readonly old: number
}

export type HotKeyAsked = { readonly reads: number; readonly rounds: number; readonly seed: number }

export const HOT_SHARE = 0.5
const APPS = 4
const READERS_EACH = 8
export const KEYS = 300
/** About what a product page takes. */
const PAGE = 'x'.repeat(1_500)
const CHANGE_EVERY_MS = 1_000

type Sample = {
  readonly seconds: number
  readonly reads: number
  readonly asked: readonly number[]
  readonly cpuMs: readonly number[]
  readonly readMs: readonly number[]
  readonly changeMs: readonly number[]
  readonly old: number
}

/** Both in turn, so that they meet the same noise; the first round only fills the cache. */
export async function measureHotKey({ reads, rounds, seed }: HotKeyAsked, signal: AbortSignal): Promise<HotKeyResult[]> {
  const cluster = await startTestCluster({ role: 'cache' })
  const samples = { off: [] as Sample[], on: [] as Sample[] }
  try {
    for (let round = 0; round <= rounds; round++) {
      for (const hotKeys of ['off', 'on'] as const) {
        signal.throwIfAborted()
        const sample = await sampleOf(cluster, hotKeys, { reads, random: seededRandom(seed + round) })
        if (round > 0) samples[hotKeys].push(sample)
      }
    }
    return [summary('off', samples.off), summary('on', samples.on)]
  } finally {
    await cluster.stop()
  }
}

type Load = { readonly reads: number; readonly random: () => number }

async function sampleOf(cluster: TestCluster, hotKeys: Settings['hotKeys'], load: Load): Promise<Sample> {
  const apps = await testApps(cluster.url, { count: APPS, bounded: true, settings: { hotKeys } })
  try {
    const caches = apps.list.map(({ cache }) => cache)
    const before = await eachNode(cluster)
    const startedAt = performance.now()
    const work = await readAndChange(caches, load)
    const seconds = (performance.now() - startedAt) / 1_000
    const after = await eachNode(cluster)
    const since = (field: keyof Usage) => after.map((usage, node) => usage[field] - (before[node]?.[field] ?? 0))
    return { seconds, reads: work.readMs.length, asked: since('looks'), cpuMs: since('cpuMs'), ...work }
  } finally {
    await apps.close()
  }
}

async function readAndChange(caches: readonly Cache[], { reads, random }: Load) {
  const readMs: number[] = []
  const changing = changes(caches)
  const reader = async (cache: Cache): Promise<void> => {
    while (readMs.length < reads) {
      const page = random() < HOT_SHARE ? HOT : (PAGES[Math.floor(random() * KEYS)] ?? HOT)
      const startedAt = performance.now()
      await cache.read(page, async () => ({ price: changing.price(), page: PAGE }))
      readMs.push(performance.now() - startedAt)
    }
  }
  await Promise.all(caches.flatMap((cache) => Array.from({ length: READERS_EACH }, () => reader(cache))))
  return { readMs, ...(await changing.end()) }
}

/** Changes the hot key's price now and then, and looks at once what the others show. */
function changes(caches: readonly Cache[]) {
  const [first] = caches
  const touched = { versions: [HOT.version], entries: [HOT.entry] }
  const changeMs: number[] = []
  let [price, old] = [0, 0]
  const load = async () => ({ price, page: PAGE })
  const change = async (): Promise<void> => {
    const startedAt = performance.now()
    await first?.change(touched, async () => (price += 1))
    changeMs.push(performance.now() - startedAt)
    const shown = await Promise.all(caches.map((cache) => cache.read(HOT, load)))
    old += shown.filter((json) => JSON.parse(json ?? '{}').price !== price).length
  }
  let last = Promise.resolve()
  const timer = setInterval(() => {
    last = last.then(change)
  }, CHANGE_EVERY_MS)
  const end = async () => {
    clearInterval(timer)
    await last
    return { changeMs, old }
  }
  return { price: () => price, end }
}

/** In the slots of the first server. */
const HOT = keysWhere((slot) => slot < 5_461)[0] as Cached
const PAGES = keysWhere(() => true)
  .filter(({ entry }) => entry !== HOT.entry)
  .slice(0, KEYS)

function keysWhere(isWanted: (slot: number) => boolean): Cached[] {
  return Array.from({ length: 2 * KEYS }, (_, number) => testKeys(`page-${number}`, 600_000)).filter(({ entry }) =>
    isWanted(slotOf(entry)),
  )
}

type Usage = { readonly looks: number; readonly cpuMs: number }

function eachNode(cluster: TestCluster): Promise<Usage[]> {
  return Promise.all(cluster.nodes.map(({ name }) => cluster.ask(name, usageOf)))
}

async function usageOf(redis: Redis): Promise<Usage> {
  const [stats, cpu] = [await redis.info('commandstats'), await redis.info('cpu')]
  const numberIn = (text: string, pattern: RegExp) => Number(pattern.exec(text)?.[1] ?? 0)
  const seconds = numberIn(cpu, /^used_cpu_user:(\S+)/m) + numberIn(cpu, /^used_cpu_sys:(\S+)/m)
  return { looks: numberIn(stats, /^cmdstat_mget:calls=(\d+)/m), cpuMs: 1_000 * seconds }
}

function summary(hotKeys: Settings['hotKeys'], samples: readonly Sample[]): HotKeyResult {
  const sum = (value: (sample: Sample) => number) => samples.reduce((all, sample) => all + value(sample), 0)
  const reads = sum((sample) => sample.reads)
  const per1000 = (value: (sample: Sample) => number) => (1_000 * sum(value)) / reads
  return {
    hotKeys,
    readsPerS: reads / sum(({ seconds }) => seconds),
    askedPer1000: (samples[0]?.asked ?? []).map((_, node) => per1000(({ asked }) => asked[node] ?? 0)),
    hotCpuMsPer1000: per1000(({ cpuMs }) => cpuMs[0] ?? 0),
    read: timesOf(samples.flatMap(({ readMs }) => readMs)),
    change: timesOf(samples.flatMap(({ changeMs }) => changeMs)),
    old: sum(({ old }) => old),
  }
}
