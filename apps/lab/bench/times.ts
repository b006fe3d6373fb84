/** Milliseconds that something took: half of the time less than the first, and all but one in a hundred less than the second. */
export type Times = { readonly p50Ms: number; readonly p99Ms: number }

export function timesOf(samplesMs: readonly number[]): Times {
  const sorted = samplesMs.toSorted((one, other) => one - other)
  const quantile = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? 0
  return { p50Ms: quantile(0.5), p99Ms: quantile(0.99) }
}
