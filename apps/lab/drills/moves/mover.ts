import { type LabProcess, labProcess } from '../../runner/lab-process.ts'

/** `npm run reshard` in a process of its own, which may be ended with KILL wherever it says that it is. */
export type Mover = {
  readonly said: readonly { readonly at: number; readonly line: string }[]
  /** Resolves once a line has this in it; false where the mover has ended before. */
  saying(part: string): Promise<boolean>
  /** Answers what it said last. */
  kill(): Promise<string>
  readonly ended: LabProcess['done']
}

export function startMover(args: readonly string[]): Mover {
  const { child, done } = labProcess(['reshard', ...args], {})
  const said: { at: number; line: string }[] = []
  const waiting = new Set<() => void>()
  let rest = ''
  child.stderr?.on('data', (chunk) => {
    const lines = `${rest}${chunk}`.split('\n')
    rest = lines.pop() ?? ''
    said.push(...lines.map((line) => ({ at: performance.now(), line })))
    for (const look of waiting) look()
  })
  const saying = async (part: string) => {
    const heard = Promise.withResolvers<boolean>()
    const isSaid = () => said.some(({ line }) => line.includes(part))
    const look = () => {
      if (isSaid()) heard.resolve(true)
    }
    waiting.add(look)
    look()
    return Promise.race([heard.promise, done.then(isSaid)]).finally(() => waiting.delete(look))
  }
  const kill = async () => {
    child.kill('SIGKILL')
    await done
    return said.at(-1)?.line ?? ''
  }
  return { said, saying, kill, ended: done }
}
