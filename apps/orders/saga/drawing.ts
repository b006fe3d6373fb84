import { DUTIES, type SagaState, STEPS } from './steps.ts'

/** The table of steps as a picture, in the words of Mermaid: states with what each asks of the stock, and the events between them. */
export function drawSaga(): string {
  const states = (Object.keys(DUTIES) as SagaState[]).map((state) => `  ${state}: ${state} (stock: ${DUTIES[state]})`)
  const arrows = STEPS.map(({ from, event, to }) => `  ${from === 'refused' ? START : from} --> ${to}: ${event}`)
  const ends = ENDS.map((state) => `  ${state} --> ${START}`)
  return ['stateDiagram-v2', ...states, ...arrows, ...ends].join('\n')
}

/** Where nothing is written of an order it is as if it had been refused; to a reader that is the beginning. */
const START = '[*]'
const ENDS: readonly SagaState[] = ['refused', 'paid', 'cancelled']
