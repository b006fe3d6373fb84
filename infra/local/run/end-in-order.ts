import type { Program } from '../../stage/plan.ts'

/** Ends each program after those that depend on it. `programs` come after what they depend on. */
export async function endInOrder(programs: readonly Program[], end: (name: string) => Promise<void>): Promise<void> {
  const ended = new Map<string, Promise<void>>()
  for (const { name } of programs.toReversed()) {
    const dependants = programs.filter(({ after }) => after.includes(name)).map((program) => ended.get(program.name))
    ended.set(
      name,
      Promise.all(dependants).then(() => end(name)),
    )
  }
  await Promise.all(ended.values())
}
