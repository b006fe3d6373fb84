/** A replica of a running shop that somebody has changed: the keeper sees it, takes it out, says so and makes it anew. */
import { dirname, join } from 'node:path'
import { createConnection } from 'mysql2/promise'
import { expect, it } from 'vitest'
import { rolesNow } from '../../infra/local/state/primary-database.ts'
import { secretsIn } from '../../infra/local/state/secrets.ts'
import { clientOf } from '../contract/client.ts'
import { setProduct } from '../contract/people.ts'
import type { ProductPage } from '../contract/shapes.ts'
import { logFromNowOn } from './app-signs.ts'
import { stateOf } from './running-stages.ts'
import { sharedStage } from './shared-stage.ts'

/** Changed by this file alone. */
const [STRAYED, DELETED] = ['prd_09997', 'prd_09998']
const [BEFORE_CENTS, AFTER_CENTS] = [11_100, 12_300]
/** What the keeper's account may do where nobody may write. */
const STRAY = 'TRUNCATE TABLE shop.products'
const ROUND = 6
const SOON = { timeout: 30_000, interval: 20 }

const stage = sharedStage(4)

it('one that has a transaction from nobody, at once', async () => {
  const { replica, primary, rebuilds, logged } = await watch(0)
  await setProduct(stage(), STRAYED, { priceCents: BEFORE_CENTS })
  await changeOn(replica, STRAY)
  await expect.poll(() => isServing(replica), SOON).toBe(false)
  await expectPrice(STRAYED, BEFORE_CENTS)
  await setProduct(stage(), STRAYED, { priceCents: AFTER_CENTS })
  await expectPrice(STRAYED, AFTER_CENTS)
  await expect.poll(isWhole, SOON).toBe(true)
  await expectPrice(STRAYED, AFTER_CENTS)
  expect(await rebuildsOf(replica)).toBe(rebuilds + 1)
  expect(logged()).toContain(
    `${replica} is emptied and replays the log of ${primary}: it has transactions that ${primary} has not`,
  )
  expect((await rolesNow(keeper().port)).primary).toBe(primary)
})

it('one that lacks rows, as soon as one of them is changed', async () => {
  const { replica, primary, rebuilds, logged } = await watch(1)
  await changeOn(replica, 'SET SESSION sql_log_bin = OFF', STRAY)
  await setProduct(stage(), DELETED, { priceCents: AFTER_CENTS })
  await expectPrice(DELETED, AFTER_CENTS)
  await expect.poll(() => rebuildsOf(replica), SOON).toBe(rebuilds + 1)
  await expect.poll(isWhole, SOON).toBe(true)
  await expectPrice(DELETED, AFTER_CENTS)
  expect(logged()).toContain(`${replica} is emptied and replays the log of ${primary}`)
})

function keeper() {
  const found = stateOf(stage()).programs.find(({ kind }) => kind === 'failover')
  if (!found) throw new Error('the stage has no keeper')
  return found
}

/** Another replica in each test: none is made anew twice in ten seconds. */
async function watch(index: number) {
  await expect.poll(isWhole, SOON).toBe(true)
  const { primary, replicas } = await rolesNow(keeper().port)
  const replica = replicas[index]?.name ?? ''
  return { replica, primary, rebuilds: await rebuildsOf(replica), logged: logFromNowOn(stage(), keeper().host) }
}

/** By somebody who got hold of the keeper's password. */
async function changeOn(name: string, ...statements: string[]): Promise<void> {
  const port = stateOf(stage()).programs.find((program) => program.name === name)?.port ?? 0
  const { replicationPassword } = secretsIn(join(dirname(stage().stateFile), 'secrets.json'))
  const connection = await createConnection({ host: '127.0.0.1', port, user: 'keeper', password: replicationPassword })
  const { flavour } = await rolesNow(keeper().port)
  if (flavour === 'mysql') await connection.query('SET GLOBAL super_read_only = OFF')
  for (const statement of statements) await connection.query(statement)
  await connection.end()
}

async function isServing(name: string): Promise<boolean | undefined> {
  return (await rolesNow(keeper().port)).replicas.find((replica) => replica.name === name)?.serving
}

async function isWhole(): Promise<boolean> {
  const { primary, replicas } = await rolesNow(keeper().port)
  return primary !== null && replicas.every(({ serving }) => serving)
}

async function rebuildsOf(member: string): Promise<number> {
  const { text } = await clientOf({ url: `http://127.0.0.1:${keeper().port}` }).get('/metrics')
  return Number(new RegExp(`^outgrow_keeper_rebuilds_total\\{member="${member}"\\} (\\d+)$`, 'm').exec(text)?.[1])
}

/** As every app shows it. */
async function expectPrice(id: string, cents: number): Promise<void> {
  for (let count = 0; count < ROUND; count++) {
    const { status, body } = await clientOf(stage()).get<ProductPage>(`/products/${id}`)
    expect([status, body.priceCents]).toEqual([200, cents])
  }
}
