/** The gateway knows each path of the shop, with its methods, and whose it is; nothing holds it to that but this. */
import { expect, inject, onTestFinished, test } from 'vitest'
import { settingsOf } from '../../infra/stage/settings.ts'
import { appEnvironment } from '../fixtures/app-document.ts'
import { shopDatabase } from '../fixtures/shop-database.ts'
import { parseRedisUrl } from '../platform/redis/address.ts'
import { buildShop } from '../shop/app.ts'
import { readConfig } from '../shop/config.ts'
import { PATHS } from './paths.ts'

/** Answered by each process for itself, or put together by the gateway. */
const NOT_PASSED_ON = /^\/(?:health\/|metrics$|topology$|openapi\.json$|products\/recently-viewed$)/

test('every path of the shop is one module’s, with the methods that it takes there', async () => {
  const { url, close } = await shopDatabase(inject('databaseUrl'))
  await close()
  const settings = settingsOf({ sessions: 'memory', cache: 'none', checkout: 'transaction' })
  const events = parseRedisUrl('the events', inject('redisUrl'))
  const { app } = await buildShop(readConfig(appEnvironment({ databaseUrl: url, settings, events })))
  onTestFinished(() => app.close())
  await app.ready()
  const described = Object.entries(app.swagger().paths ?? {}).filter(([path]) => !NOT_PASSED_ON.test(path))
  const shop = described.map(
    ([path, operations]) =>
      `${path} ${Object.keys(operations ?? {})
        .sort()
        .join()}`,
  )
  const gateway = Object.values(PATHS)
    .flatMap((paths) => Object.entries(paths))
    .map(([path, methods]) => {
      const lower = methods.map((method) => method.toLowerCase()).sort()
      return `${path.replace(/:(\w+)/g, '{$1}')} ${lower.join()}`
    })
  expect(gateway.sort()).toEqual(shop.sort())
})
