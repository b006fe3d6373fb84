import { createServer } from 'node:net'
import { listenError } from './ports.ts'

const BLOCK = 700
const FIRST = 10_000
const LAST = 24_000
const TRIES = 200

/**
 * For tests: a base whose blocks for all stages are free, outside the range from which the system hands out ports. Its first
 * port, which no program uses, is held for as long as this process lives, so that tests in other processes choose other blocks.
 */
export async function freePortBase(): Promise<number> {
  for (let tries = 0; tries < TRIES; tries++) {
    const base = FIRST + BLOCK * Math.floor((Math.random() * (LAST - FIRST)) / BLOCK)
    if (!(await claim(base))) continue
    const probes = [base + 1, base + 2, base + 3, base + 101, base + 201, base + 301, base + 305, base + BLOCK - 1]
    const taken = await Promise.all(probes.map(listenError))
    if (taken.every((code) => code === undefined)) return base
  }
  throw new Error(`no free block of ${BLOCK} ports was found`)
}

function claim(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const holder = createServer().once('error', () => resolve(false))
    holder.listen({ host: '127.0.0.1', port, exclusive: true }, () => resolve(true)).unref()
  })
}
