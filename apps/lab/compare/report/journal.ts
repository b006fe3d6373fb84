/** Keeps what is measured and writes it after every workload of every round, so that no end of the command loses it. */

import { planDiagram } from '../../../../infra/diagram/diagram.ts'
import { CHECKOUT } from '../../../../infra/local/state/data-folder.ts'
import { loadStage, stageNames } from '../../../../infra/stage/catalogue.ts'
import { planOf } from '../../../../infra/stage/plan.ts'
import type { Stage } from '../../../../infra/stage/topology.ts'
import type { SetSize } from '../host-size.ts'
import { resultsOf } from '../judge/assemble.ts'
import { measuredStage } from '../judge/stage-result.ts'
import { commitOf, machineOf } from '../measure/machine.ts'
import type { Cell, Measurements } from '../measure/measurements.ts'
import { orderOf } from '../protocol.ts'
import type { CompareRequest, Contestant } from '../request.ts'
import { writeResults } from '../result-files.ts'
import type { Results } from '../results.ts'
import type { Servers } from '../runtimes.ts'
import { labelOf } from '../stages/compared-stage.ts'

export class Journal {
  readonly #folder: string
  readonly #catalogue: readonly Stage[]
  #measurements: Measurements

  static async open(
    request: CompareRequest,
    servers: Servers,
    folder: string,
    { sizeCpu, p95Ms, note, limits }: SetSize,
  ): Promise<Journal> {
    const catalogue = await Promise.all(stageNames().map(loadStage))
    const stages = request.contestants.map((contestant) =>
      measuredStage(contestant, labelOf(contestant), pictureOf(contestant), sizeCpu),
    )
    return new Journal(folder, catalogue, {
      request,
      startedAt: new Date(),
      stages,
      cells: [],
      order: [],
      ceilingRate: 0,
      machine: machineOf(servers, limits),
      commit: commitOf(CHECKOUT),
      seedChecksum: '',
      hostSizeCpu: sizeCpu,
      p95Ms,
      ...(note !== undefined && { sizeNote: note }),
    })
  }

  private constructor(folder: string, catalogue: readonly Stage[], measurements: Measurements) {
    this.#folder = folder
    this.#catalogue = catalogue
    this.#measurements = measurements
  }

  note(facts: Partial<Pick<Measurements, 'ceilingRate' | 'seedChecksum'>>): void {
    this.#measurements = { ...this.#measurements, ...facts }
  }

  /** Throws one line when the file cannot be written. */
  measured(cells: readonly Cell[]): void {
    const { contestants, protocol } = this.#measurements.request
    // A round beyond those asked for is one stage's alone.
    const rounds = Math.min(protocol.rounds, Math.max(0, ...cells.map((cell) => cell.rounds.length)))
    const numbers = contestants.map(({ stage }) => stage.number)
    const order = Array.from({ length: rounds }, (_, index) => orderOf(numbers, index + 1))
    this.#measurements = { ...this.#measurements, cells, order }
    writeResults(this.#results(true), this.#folder)
  }

  /** The document as it stands; undefined when there is not one round in it. */
  close(partial: boolean): Results | undefined {
    if (!this.#measurements.cells.some(({ rounds }) => rounds.length > 0)) return undefined
    return this.#results(partial)
  }

  #results(partial: boolean): Results {
    return resultsOf(this.#measurements, { partial, catalogue: this.#catalogue })
  }
}

/** With the boxes that its settings leave. */
function pictureOf({ stage, set }: Contestant): string {
  return planDiagram(planOf(stage, { portBase: 0, set }))
}
