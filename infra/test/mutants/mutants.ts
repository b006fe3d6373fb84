/** Faults that the tests must find: `npm run mutants` plants each. Who adds a promise adds the fault that breaks it. */
import { BUCKET_MUTANTS } from './bucket-mutants.ts'
import { CACHE_MUTANTS } from './cache-mutants.ts'
import { CLUSTER_MUTANTS } from './cluster-mutants.ts'
import { EVENT_MUTANTS } from './event-mutants.ts'
import { KEEPER_MUTANTS } from './keeper-mutants.ts'
import { LAB_MUTANTS } from './lab-mutants.ts'
import { MOVE_MUTANTS } from './move-mutants.ts'
import type { Mutant } from './mutant.ts'
import { PEOPLE_MUTANTS } from './people-mutants.ts'
import { SAGA_MUTANTS } from './saga-mutants.ts'
import { SERVICE_MUTANTS } from './service-mutants.ts'
import { SHOP_MUTANTS } from './shop-mutants.ts'
import { TRACE_MUTANTS } from './trace-mutants.ts'

export const MUTANTS: readonly Mutant[] = [
  ...SHOP_MUTANTS,
  ...TRACE_MUTANTS,
  ...PEOPLE_MUTANTS,
  ...BUCKET_MUTANTS,
  ...MOVE_MUTANTS,
  ...SAGA_MUTANTS,
  ...EVENT_MUTANTS,
  ...CACHE_MUTANTS,
  ...CLUSTER_MUTANTS,
  ...KEEPER_MUTANTS,
  ...LAB_MUTANTS,
  ...SERVICE_MUTANTS,
]
