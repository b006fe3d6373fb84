/** CPU milliseconds of all hosts for a request, less what they take at rest; and what was answered in a second, all that there was taken. */
export type Cost = { readonly cpuMs: number; readonly perS: number; readonly hosts: Readonly<Record<string, number>> }

export type HopPoint = {
  readonly workMs: number
  readonly monolith: Cost
  readonly services: Cost
  /** 1 − CPU a request of the monolith ÷ CPU a request of the services. */
  readonly loss: number
  /** 1 − requests a second of the services ÷ those of the monolith, each alone on the same processors. */
  readonly capacityLoss: number
}

export type HopResults = {
  readonly stages: readonly [monolith: string, services: string]
  readonly secondsEach: number
  readonly points: readonly HopPoint[]
  /** A call of a module's interface within a process, over one of the function behind it. */
  readonly splitNs: number
  readonly published: readonly Published[]
}

/** What others report, of work that is as little or as much as its name says. */
type Published = { readonly what: string; readonly loss: number; readonly by: string }

export const PUBLISHED: readonly Published[] = [
  { what: 'trivial work, .NET, HTTP', loss: 0.47, by: 'Blinowski et al. 2022' },
  { what: 'trivial work, .NET, gRPC', loss: 0.52, by: 'Blinowski et al. 2022' },
  { what: 'trivial work, Java', loss: 0.27, by: 'Blinowski et al. 2022' },
  { what: 'trivial work, Java', loss: 0.58, by: 'Blinowski et al. 2022' },
  { what: 'Acme Air, Node', loss: 0.79, by: 'Ueda et al. 2016' },
  { what: 'CPU-heavy work, .NET', loss: 0.02, by: 'Blinowski et al. 2022' },
  { what: 'CPU-heavy work, Java', loss: 0.05, by: 'Blinowski et al. 2022' },
]

export function pointOf(workMs: number, monolith: Cost, services: Cost): HopPoint {
  const [loss, capacityLoss] = [1 - monolith.cpuMs / services.cpuMs, 1 - services.perS / monolith.perS]
  return { workMs, monolith, services, loss, capacityLoss }
}

const MOST_LOSS = { page: 0.5, work: 0.05 }
const WORK_MS = 20

/** What the lesson promises of the curve; a sentence for each that was not seen. */
export function notShown({ points }: Pick<HopResults, 'points'>): string[] {
  const lossAt = (workMs: number) => points.find((point) => point.workMs === workMs)?.loss ?? Number.NaN
  const [page, work] = [lossAt(0), lossAt(WORK_MS)]
  return [
    ...(page <= MOST_LOSS.page ? [] : [`of a cached page at most half is lost: it is ${page.toFixed(2)}`]),
    ...(work <= MOST_LOSS.work ? [] : [`with ${WORK_MS} ms of work at most 5 % is lost: it is ${work.toFixed(3)}`]),
  ]
}

/** Whether there is what that is about. */
export function isWhole(workMs: readonly number[]): boolean {
  return workMs.includes(0) && workMs.includes(WORK_MS)
}
