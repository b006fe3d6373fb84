/** The contracts of this checkout, as its code has them. */
import type { TSchema } from 'typebox'
import { ALL_MODULES, type Module } from '../../../infra/stage/topology.ts'
import { CONSUMERS_NEED } from '../../consumers/needs.ts'
import { GATEWAY_NEEDS } from '../../gateway/needs.ts'
import { ORDERS_NEED } from '../../orders/needs.ts'
import { PAYMENTS_NEED } from '../../payments/needs.ts'
import type { Needs } from '../../platform/calls/needs.ts'
import { createServer } from '../../platform/http/server.ts'
import type { Composed } from '../../shop/compose.ts'
import type { Config } from '../../shop/config.ts'
import { mountRoutes } from '../../shop/routes.ts'
import type { Contract, Offer, Party } from './contract.ts'

const NEEDS: Readonly<Record<Party, Needs>> = {
  ...{ users: {}, products: {}, orders: ORDERS_NEED, payments: PAYMENTS_NEED },
  ...{ gateway: GATEWAY_NEEDS, consumers: CONSUMERS_NEED },
}

export async function ownContract(name: Party): Promise<Contract> {
  const module = ALL_MODULES.find((one) => one === name)
  const contract = { provides: module ? await offersOf(module) : {}, needs: NEEDS[name] }
  // As others read it: TypeBox marks its schemas.
  return JSON.parse(JSON.stringify(contract))
}

/** Asked for while routes are made, and none of it is called. */
const ANYTHING: unknown = new Proxy(() => ANYTHING, { get: () => ANYTHING })

/** Of internal routes what they take and answer; of the shop's own, which are described elsewhere, that they are there. */
async function offersOf(module: Module): Promise<Record<string, Offer>> {
  const app = createServer(module)
  const offers: Record<string, Offer> = {}
  app.addHook('onRoute', ({ method, url, schema }) => {
    const isInternal = url.startsWith('/internal/')
    const answers = (schema?.response as Record<string, TSchema> | undefined)?.[200]
    const internal = { ...(schema?.body ? { takes: schema.body } : {}), ...(answers && { answers }) }
    for (const one of [method].flat()) if (one !== 'HEAD') offers[`${one} ${url}`] = isInternal ? internal : {}
  })
  const here = { [module]: ANYTHING }
  const composed = {
    modules: { ...here, ...(module === 'users' ? {} : { users: ANYTHING, products: ANYTHING }) },
    limits: () => ANYTHING,
  }
  const config = {
    modules: [module],
    callers: [{ name: 'gateway', secret: '', passesOn: true }],
    duty: 'requests and work',
    settings: {},
  }
  mountRoutes(app, composed as unknown as Composed, config as unknown as Config, new AbortController().signal)
  await app.close()
  return Object.fromEntries(Object.entries(offers).sort(([one], [other]) => (one < other ? -1 : 1)))
}
