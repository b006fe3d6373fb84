/**
 * Seconds that a test file may take on two cores that nobody else uses; one that takes longer is named at the end of a run. On a stage
 * that files share, waiting for one's turn counts too.
 */
const BUDGET_S = 15

/** The longest first: so they begin. */
export const LONGER_BUDGETS_S: Readonly<Record<string, number>> = {
  'stages/tests/contract.test.ts': 230,
  'apps/lab/commands/drill.test.ts': 165,
  'infra/local/run/redis-clusters.test.ts': 120,
  'apps/lab/commands/compare.test.ts': 110,
  'apps/lab/commands/drill-unprotected.test.ts': 100,
  'stages/tests/redis-faults.test.ts': 90,
  'stages/tests/deploy.test.ts': 100,
  'apps/lab/commands/start.test.ts': 75,
  'apps/orders/saga/schedules.test.ts': 60,
  'apps/shop/checkout-saga.test.ts': 60,
  'stages/tests/experiments.test.ts': 60,
  'stages/tests/log-in-attacks.test.ts': 60,
  'stages/tests/worker.test.ts': 60,
  'stages/tests/traces.test.ts': 50,
  'apps/lab/commands/load.test.ts': 60,
  'stages/tests/redis-experiments.test.ts': 50,
  'stages/tests/fuzz.test.ts': 50,
  'infra/mysql/keeper/keeper.test.ts': 45,
  'stages/tests/attacks.test.ts': 60,
  'stages/tests/raw-attacks.test.ts': 55,
  'stages/tests/transcripts.test.ts': 40,
  'stages/tests/diverged-replica.test.ts': 40,
  'stages/tests/shards.test.ts': 40,
  'apps/lab/lost-jobs/lost-jobs.test.ts': 40,
  'apps/platform/inbox/kills.test.ts': 40,
  'apps/lab/compare/report/report-in-browser.test.ts': 30,
  'apps/platform/redis/cluster.test.ts': 30,
  'apps/platform/cache/cluster-outages.test.ts': 30,
  'apps/users/cluster-log-outs.test.ts': 30,
  'infra/redis/move-slots.test.ts': 30,
  'apps/platform/redis/sentinels.test.ts': 30,
  'apps/platform/cache/faults.test.ts': 30,
  'apps/platform/cache/outages.test.ts': 30,
  'apps/shop/remote-products.test.ts': 30,
  'apps/shop/remote-modules.test.ts': 30,
  'infra/haproxy/faults.test.ts': 30,
  'apps/platform/mysql/silent-keeper.test.ts': 30,
  'infra/redis/demonstrations/persistence.test.ts': 30,
  'apps/lab/bench/contenders.test.ts': 25,
  'apps/shop/sharded.test.ts': 30,
  'apps/products/flash-sales/redis-gate.test.ts': 25,
  'apps/products/flash-sales/flash-sales.test.ts': 25,
  'apps/shop/shared-state.test.ts': 25,
  'apps/platform/leases/lock-failures.test.ts': 20,
  'infra/redis/demonstrations/saturation.test.ts': 20,
  'infra/local/run/supervised-program.test.ts': 20,
  'apps/lab/drills/traffic/traffic.test.ts': 20,
  'apps/orders/cart/cached.test.ts': 20,
  'apps/gateway/gateway.test.ts': 20,
}

export function budgetOf(file: string): number {
  return LONGER_BUDGETS_S[file] ?? BUDGET_S
}
