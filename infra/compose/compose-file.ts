/** `docker-compose.yml`, written for people to read: what is shared stands once, at the top, and each stage is its list of containers. */
import type { Plan } from '../stage/plan.ts'
import { NODE_IMAGE, SERVER_IMAGES, SHOP_IMAGE } from './images.ts'
import { LOOKUP_OPTIONS } from './lookups.ts'
import { listTexts, longListsOf, settingsOf, writeService } from './service-text.ts'
import { type Service, servicesOf, TIERS } from './services.ts'

export const COMPOSE_FILE = 'docker-compose.yml'
/** By which Docker knows our containers. */
export const COMPOSE_PROJECT = 'outgrow'

export function composeFile(plans: readonly Plan[]): string {
  const stages = plans.map((plan) => ({ plan, services: servicesOf(plan) }))
  const parts = [
    HEAD,
    shared(),
    [
      '# What is waited for that is more than a line holds.',
      ...stages.flatMap(({ services }) => listTexts(longListsOf(services))),
    ].join('\n'),
    ['services:', ...stages.map(({ plan, services }) => stageText(plan, services))].join('\n'),
    ['networks:', ...stages.flatMap(({ services }) => networkLines(services))].join('\n'),
    ['volumes:', ...stages.flatMap(({ services }) => volumeLines(services))].join('\n'),
  ]
  return `${parts.join('\n\n')}\n`
}

const HEAD = `# Each stage is a profile, and a set of containers; its entry is at the same address as with npm start:
#   docker compose --profile stage3 up --wait
#   curl http://127.0.0.1:4003/products
#   docker compose --profile stage3 down --volumes
# An experiment needs a stage that is down: OUTGROW_SET='drain=off supervision=off' docker compose --profile stage3 up --wait
#
# Written by npm run compose from the stages' pages; what is changed here by hand is gone the next time.
name: ${COMPOSE_PROJECT}`

/** Twice what the largest of its kind takes in the contract, or may take by its own limit. */
const MEMORY_LIMITS = { mysql: '1g', redis: '256m', haproxy: '128m', node: '512m' } as const

function shared(): string {
  return `# What every container has: nobody in it may become anybody else or write to its root, and only what is mounted can be kept.
# How it is started, and how its health is asked, is in a folder of its name, which the stage's set-up has laid out.
# The name of one that is down is not answered: who asks for it gives up soon.
x-program: &program
  entrypoint: [bash, -c, 'exec bash /stage/$$HOSTNAME/start']
  restart: unless-stopped
  stop_grace_period: 15s
  read_only: true
  tmpfs: [/tmp]
  dns_opt: [${LOOKUP_OPTIONS.join(', ')}]
  cap_drop: [ALL]
  security_opt: ['no-new-privileges:true']
  logging: {driver: local}
  healthcheck:
    test: [CMD, bash, -c, 'exec bash /stage/$$HOSTNAME/health']
    interval: 5s
    timeout: 5s
    retries: 20
    start_period: 120s

# Servers are the official images, which there are for x86-64 and arm64; all versions are here.
x-mysql: &mysql {<<: *program, image: '${SERVER_IMAGES.mysql}', user: mysql, mem_limit: ${MEMORY_LIMITS.mysql}}
x-redis: &redis {<<: *program, image: '${SERVER_IMAGES.redis}', user: redis, mem_limit: ${MEMORY_LIMITS.redis}}
x-haproxy: &haproxy {<<: *program, image: '${SERVER_IMAGES.haproxy}', user: haproxy, mem_limit: ${MEMORY_LIMITS.haproxy}}
x-node: &node {<<: *program, image: ${SHOP_IMAGE}, user: node, mem_limit: ${MEMORY_LIMITS.node}}

# What ends by itself: the apps' tables and demo data; and before everything else a stage's set-up, which writes what the others read.
x-once: &once {<<: *node, restart: 'on-failure:5', healthcheck: {disable: true}}
x-set-up: &set-up
  <<: *once
  restart: 'no'
  entrypoint: [node, infra/compose/set-up.ts]
  network_mode: none
  environment: {OUTGROW_SET: '\${OUTGROW_SET:-}'}
  build: {context: ., dockerfile: infra/compose/Dockerfile, args: {NODE_IMAGE: '${NODE_IMAGE}'}}

x-healthy: &healthy {condition: service_healthy}
x-done: &done {condition: service_completed_successfully}

# No way out of it, and none in but for those who are in it.
x-inside: &inside {internal: true}`
}

function stageText(plan: Plan, services: readonly Service[]): string {
  const families = Map.groupBy(services, familyOf)
  const lists = longListsOf(services)
  const texts = services.map((service) => {
    const [first = service, ...others] = families.get(familyOf(service)) ?? []
    if (service !== first)
      return writeService(service, { lists, base: first.name, said: settingsOf(first, lists), anchor: undefined })
    return writeService(service, { lists, base: service.like, said: [], anchor: others.length > 0 ? service.name : undefined })
  })
  return ['', `  # Stage ${plan.name}`, '', ...texts].join('\n')
}

/** Those who differ in little, of which the first says what is common. */
function familyOf({ like, port, tiers }: Service): string {
  return JSON.stringify([like, port, tiers])
}

function networkLines(services: readonly Service[]): string[] {
  const profile = services[0]?.profile
  const used = TIERS.filter((tier) => services.some(({ tiers }) => tiers.includes(tier)))
  return used.map((tier) => `  ${profile}-${tier}:${tier === 'front' ? '' : ' *inside'}`)
}

function volumeLines(services: readonly Service[]): string[] {
  const names = services.flatMap(({ volumes }) => volumes.map((volume) => volume.split(':', 1)[0]))
  return [...new Set(names)].map((name) => `  ${name}:`)
}
