/** How a stage's own programs are run: small and even, as a stage has seven of them and a host is a seventh of a CPU. */
import path from 'node:path'
import { type Command, nodeEnvironment } from '../../process/command.ts'
import { CHECKOUT } from '../state/data-folder.ts'
import { compilePrograms } from './compile-programs.ts'

/**
 * V8 for a host of a seventh of a CPU, where work in bursts stops everything for half a second. Measured at 40 % load:
 * - Without the optimizing compiler, which comes back whenever the load changes, a journey costs an eighth more CPU, and its p95 is
 *   8 ms instead of 107 ms.
 * - An idle process gives its memory back and forgets compiled code; the load that comes next costs a quarter more CPU for half a
 *   minute. So it does neither.
 */
const STEADY = ['--no-turbofan', '--no-memory-reducer', '--no-flush-bytecode']

/**
 * What is young has 16 MiB three times by default. With 4 a busy app takes 130 MiB in place of 260, and no more CPU; with 2 it takes 110, and
 * a fifth more CPU for a cached page. What its start took a program gives back as soon as it has started (`giveBackMemory`), for which it has
 * to be allowed to ask.
 */
export const SMALL = ['--max-semi-space-size=4', '--expose-gc']

/**
 * For glibc, where that is what there is. Each thread that hashes a password would keep a heap of its own with room for one, and blocks that
 * are larger than the second are given back as soon as they are free: a hash takes 19 MiB.
 */
const ALLOCATION = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '1048576' }

/** `entry` is its file in the checkout: ours, or that of another build. */
export async function nodeProgram(
  entry: string,
  stageFolder: string,
  env: Readonly<Record<string, string>>,
  checkout = CHECKOUT,
): Promise<Command> {
  await compilePrograms(checkout, (...args) => nodeCommand(args, stageFolder, env))
  return nodeCommand([path.join(checkout, entry)], stageFolder, env)
}

export function nodeCommand(args: readonly string[], stageFolder: string, env: Readonly<Record<string, string>>): Command {
  return {
    path: process.execPath,
    args: [...STEADY, ...SMALL, ...args],
    env: { ...nodeEnvironment(stageFolder), ...ALLOCATION, ...env },
  }
}
