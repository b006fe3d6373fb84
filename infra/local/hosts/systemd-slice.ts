import { execFileSync } from 'node:child_process'
import type { Command } from '../../process/command.ts'

const CALL_TIMEOUT_MS = 3_000
/** Prints the limit that the kernel holds for the scope that the shell runs in. */
const SHOW_OWN_LIMIT = 'cat "/sys/fs/cgroup$(sed -n s/^0:://p /proc/self/cgroup)/cpu.max"'

/** Whether this user's own systemd may limit CPU: not on every distribution is that controller handed to users. */
export function canSizeSlices(): boolean {
  try {
    const limit = run('systemd-run', [
      '--user',
      '--scope',
      '--quiet',
      '--collect',
      '-p',
      'CPUQuota=50%',
      'sh',
      '-c',
      SHOW_OWN_LIMIT,
    ])
    return /^\d+ \d+/.test(limit)
  } catch {
    return false
  }
}

/** The command, started in a scope of its own inside the slice. systemd-run becomes the program, so the pid stays. */
export function inSlice(slice: string, { path, args, env }: Command): Command {
  return {
    path: 'systemd-run',
    args: ['--user', '--scope', '--quiet', '--collect', `--slice=${slice}`, '--', path, ...args],
    env: { ...busEnvironment(), ...env },
  }
}

export function limitSlice(slice: string, cpu: number): void {
  setQuota(slice, `${cpu * 100}%`)
}

export function liftSlice(slice: string): void {
  setQuota(slice, '')
}

export function removeSlice(slice: string): void {
  run('systemctl', ['--user', 'stop', slice])
  run('systemctl', ['--user', 'revert', slice])
}

function setQuota(slice: string, quota: string): void {
  run('systemctl', ['--user', 'set-property', '--runtime', slice, `CPUQuota=${quota}`, 'CPUQuotaPeriodSec=10ms'])
}

function run(program: string, args: string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', timeout: CALL_TIMEOUT_MS, stdio: ['ignore', 'pipe', 'ignore'] })
}

function busEnvironment(): Record<string, string> {
  const { XDG_RUNTIME_DIR = '', DBUS_SESSION_BUS_ADDRESS = '' } = process.env
  return { XDG_RUNTIME_DIR, ...(DBUS_SESSION_BUS_ADDRESS && { DBUS_SESSION_BUS_ADDRESS }) }
}
