import { expect, it } from 'vitest'
import { inSlice } from './systemd-slice.ts'

it('starts a program in the slice of its host, and leaves what it is told to it', () => {
  const command = { path: '/usr/bin/node', args: ['--expose-gc', 'main.ts'], env: { OUTGROW_PORT: '4001' } }
  const { path, args, env } = inSlice('outgrow-1-app_1.slice', command)
  expect([path, ...args.slice(0, args.indexOf('--'))]).toEqual([
    'systemd-run',
    '--user',
    // Becomes the program, in place of a service of which nobody would know the pid.
    '--scope',
    '--quiet',
    '--collect',
    '--slice=outgrow-1-app_1.slice',
  ])
  expect(args.slice(args.indexOf('--') + 1)).toEqual([command.path, ...command.args])
  expect(env).toMatchObject(command.env)
})
