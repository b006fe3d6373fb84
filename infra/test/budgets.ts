/** Seconds that a test file may take on two cores that nobody else uses; one that takes longer is named at the end of a run. */
const BUDGET_S = 15

export const LONGER_BUDGETS_S: Readonly<Record<string, number>> = {
  'apps/lab/commands/start.test.ts': 60,
}

export function budgetOf(file: string): number {
  return LONGER_BUDGETS_S[file] ?? BUDGET_S
}
