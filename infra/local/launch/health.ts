import { describeAnswer, httpCall } from '../../process/http-call.ts'
import { ANSWER_WITHIN_MS } from './launch.ts'

const TIMEOUT_MS = 1_500

/** Returns if the address answers 200, else throws what it says instead. */
export async function checkHealth(port: number, path: string): Promise<void> {
  const answer = await httpCall(`http://127.0.0.1:${port}${path}`, { timeoutMs: TIMEOUT_MS })
  if (answer.status !== 200) throw new Error(`${path} answered ${describeAnswer(answer)}`)
}

/** Returns if anything at all is answered: a program that refuses lives. */
export async function answersHttp(port: number, path: string): Promise<void> {
  await httpCall(`http://127.0.0.1:${port}${path}`, { timeoutMs: ANSWER_WITHIN_MS })
}
