/** How long the test files of a run took, by area, and which took longer than they may. */
import { budgetOf } from './budgets.ts'

export type TimedFile = { readonly file: string; readonly ms: number }

/** Longest area first. Files run side by side, so the sum is more than the run took. */
export function minutesByArea(files: readonly TimedFile[]): string[] {
  const areas = new Map<string, number>()
  for (const { file, ms } of files) areas.set(areaOf(file), (areas.get(areaOf(file)) ?? 0) + ms)
  const longestFirst = [...areas].sort(([, one], [, other]) => other - one)
  return longestFirst.map(([area, ms]) => `${(ms / 60_000).toFixed(1).padStart(6)} min  ${area}`)
}

export function overBudget(files: readonly TimedFile[]): string[] {
  const late = files.filter(({ file, ms }) => ms > 1_000 * budgetOf(file)).sort((one, other) => other.ms - one.ms)
  return late.map(({ file, ms }) => `${file} took ${Math.round(ms / 1_000)} s, and has ${budgetOf(file)}`)
}

/** The first two folders of its path. */
function areaOf(file: string): string {
  return file.split('/').slice(0, -1).slice(0, 2).join('/')
}
