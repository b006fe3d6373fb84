/** Which buckets go where, so that each server has as many as any other. */

export type Step = { readonly bucket: string; readonly from: string; readonly to: string }

/** `having` is what each server has; those of `leaving` get none, and give all. As few are moved as can be. */
export function evenSteps(having: ReadonlyMap<string, readonly string[]>, leaving: readonly string[] = []): Step[] {
  const now = new Map([...having].map(([server, buckets]) => [server, [...buckets]]))
  const staying = [...now.keys()].filter((server) => !leaving.includes(server))
  const count = (server: string) => now.get(server)?.length ?? 0
  const fewest = () => staying.toSorted((one, other) => count(one) - count(other))[0]
  const steps: Step[] = []
  const step = (from: string, to: string) => {
    const bucket = now.get(from)?.pop()
    if (bucket === undefined) return
    now.get(to)?.push(bucket)
    steps.push({ bucket, from, to })
  }
  for (const from of leaving) for (let to = fewest(); to !== undefined && count(from) > 0; to = fewest()) step(from, to)
  for (;;) {
    const [to, from] = [fewest(), staying.toSorted((one, other) => count(other) - count(one))[0]]
    if (to === undefined || from === undefined || leaving.length > 0 || count(from) - count(to) < 2) return steps
    step(from, to)
  }
}
