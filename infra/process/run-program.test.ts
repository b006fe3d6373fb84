import { expect, it } from 'vitest'
import { runProgram } from './run-program.ts'

const DEADLINE = { deadlineMs: 20_000 }
const node = (code: string, env = {}) => ({ path: process.execPath, args: ['-e', code], env })
const HANGS = 'setInterval(() => {}, 1_000)'

it('answers with the status and what was said, on both outputs', async () => {
  const code = `process.stdin.pipe(process.stdout); console.error(process.cwd()); process.exitCode = 3`
  expect(await runProgram(node(code), { ...DEADLINE, input: 'said', cwd: '/' })).toEqual({
    status: 3,
    stdout: 'said',
    stderr: '/\n',
  })
  expect(await runProgram(node(`process.kill(process.pid, 'SIGKILL')`), DEADLINE)).toMatchObject({ status: -1 })
})

it('lays the environment over ours, or over another', async () => {
  const tell = node(`process.stdout.write([process.env.OWN, process.env.PATH].join())`, { OWN: 'own' })
  expect((await runProgram(tell, DEADLINE)).stdout).toBe(`own,${process.env.PATH}`)
  expect((await runProgram(tell, { ...DEADLINE, over: {} })).stdout).toBe('own,')
})

it('keeps the end of a long output', async () => {
  const { stdout } = await runProgram(node(`process.stdout.write('x'.repeat(3_000_000) + 'end')`), DEADLINE)
  expect(stdout).toHaveLength(1_000_000)
  expect(stdout.endsWith('xend')).toBe(true)
})

it('ends what takes too long, or is no longer wanted', async () => {
  await expect(runProgram(node(HANGS), { deadlineMs: 200 })).rejects.toThrow('did not end within 0.2 s')
  const stopping = new AbortController()
  const running = runProgram(node(HANGS), { ...DEADLINE, signal: stopping.signal })
  stopping.abort(new Error('not now'))
  await expect(running).rejects.toThrow('not now')
  await expect(runProgram(node(HANGS), { ...DEADLINE, signal: stopping.signal })).rejects.toThrow('not now')
})

it('says so where there is no such program', async () => {
  const nothing = { path: '/nowhere/nothing', args: [], env: {} }
  await expect(runProgram(nothing, DEADLINE)).rejects.toThrow('/nowhere/nothing cannot be run')
})
