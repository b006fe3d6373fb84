import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { loadStage, stageNames } from '../stage/catalogue.ts'
import { type Plan, planOf } from '../stage/plan.ts'
import { ALL_MODULES, app, bank, loadBalancer, mysql, stage } from '../stage/topology.ts'
import { COMPOSE_FILE, composeFile } from './compose-file.ts'
import { PORT_BASE } from './port-base.ts'
import { servicesOf } from './services.ts'

const options = { portBase: PORT_BASE, runtime: 'compose' } as const
const plans = (await Promise.all(stageNames().map(loadStage))).map((page) => planOf(page, options))
const text = composeFile(plans)
const MOST_LINES_A_SERVICE = 8

/** Each service of a file, its lines after its name. */
function servicesIn(file: string): Map<string, string[]> {
  const body = file.slice(file.indexOf('\nservices:'), file.indexOf('\nnetworks:'))
  const texts = body.split(/\n(?= {2}[\w-]+:)/).slice(1)
  return new Map(
    texts.map((service) => [service.trim().split(':', 1)[0] ?? '', service.split('\n').filter((line) => !/^ *(#|$)/.test(line))]),
  )
}

test('the file is as the stages say; npm run compose writes it', () => {
  expect(readFileSync(COMPOSE_FILE, 'utf8')).toBe(text)
})

test('it changes with a stage’s page', () => {
  const copies = (count: number) => {
    const shop = app('app', { copies: count, modules: ALL_MODULES, data: mysql('db'), bank: bank('bank') })
    const settings = { sessions: 'mysql', cache: 'none', checkout: 'transaction' } as const
    return composeFile([planOf(stage('3-test', { adds: '', settings, entry: loadBalancer('edge', { to: shop }) }), options)])
  }
  expect([...servicesIn(copies(3)).keys()].filter((name) => !servicesIn(copies(2)).has(name))).toEqual(['stage3-app-3'])
})

test(`no service has more than ${MOST_LINES_A_SERVICE} lines`, () => {
  const long = [...servicesIn(text)].filter(([, lines]) => lines.length > MOST_LINES_A_SERVICE)
  expect(long.map(([name]) => name)).toEqual([])
})

test('nothing is said of a second container that the first of its kind says', () => {
  const repeated = [...servicesIn(text).values()].flatMap((lines) => {
    const said = servicesIn(text).get(/<<: \*(stage[\w-]+)/.exec(lines[1] ?? '')?.[1] ?? '') ?? []
    return lines.slice(2).filter((line) => said.includes(line))
  })
  expect(repeated).toEqual([])
})

test('every image is named once, by a version', () => {
  const images = [...text.matchAll(/image: '?([\w.:-]+)/g)].map(([, image]) => image)
  expect(images).toEqual(['mysql:8.4', 'redis:8', 'haproxy:3.2', 'outgrow'])
  expect([...text.matchAll(/node:24-slim/g)]).toHaveLength(1)
})

describe.each(plans.map((plan) => [plan.name, plan] as const))('%s', (_, plan: Plan) => {
  const services = servicesOf(plan)
  const named = (name: string) => services.find((service) => service.name === name)

  test('has a container for each program, under its name, and two that end by themselves', () => {
    const names = plan.programs.map(({ name }) => name)
    expect(services.flatMap(({ hostname }) => hostname ?? []).toSorted()).toEqual([...names, 'prepare'].toSorted())
    expect(services.filter(({ hostname }) => hostname === undefined)).toHaveLength(1)
  })

  test('publishes its entry on this machine alone, and nothing else', () => {
    expect(services.flatMap(({ port }) => port ?? [])).toEqual([PORT_BASE + plan.stage])
    expect([...text.matchAll(/ports: \['(\S+)'\]/g)].map(([, port]) => port)).toContain(
      `127.0.0.1:400${plan.stage}:400${plan.stage}`,
    )
  })

  test('waits for each container that ends, by one that goes on', () => {
    const awaited = services.flatMap(({ like, after }) => (like === 'once' ? [] : after.filter(({ is }) => is === 'done')))
    expect(new Set(awaited.map(({ service }) => named(service)?.like))).toEqual(new Set(['set-up', 'once']))
  })

  test('waits for what its profile has', () => {
    const missing = services.flatMap(({ after }) =>
      after.filter(({ service }) => named(service)?.profile !== `stage${plan.stage}`),
    )
    expect(missing).toEqual([])
  })

  test('lets databases and Redis be reached from where data is asked for, and from nowhere else', () => {
    const servers = services.filter(({ like }) => like === 'mysql' || like === 'redis')
    expect(new Set(servers.flatMap(({ tiers }) => tiers))).toEqual(new Set(['data']))
    expect(services.filter(({ like }) => like === 'haproxy').flatMap(({ tiers }) => tiers)).not.toContain('data')
  })

  test('has nobody but its entry where there is a way out', () => {
    const outside = services.filter(({ tiers }) => tiers.includes('front'))
    expect(outside.map(({ port }) => port)).toEqual([4000 + plan.stage])
  })

  test('shows the key of all passwords to its set-up alone', () => {
    const knowing = services.filter(({ volumes }) => volumes.some((volume) => volume.endsWith(':/key')))
    expect(knowing.map(({ like }) => like)).toEqual(['set-up'])
  })
})
