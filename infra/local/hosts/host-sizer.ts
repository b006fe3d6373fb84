import type { Command } from '../../process/command.ts'

/** Gives the hosts of one stage their size. All programs of a host share it. */
export type HostSizer = {
  readonly about: string
  /** The command as it must be started on the host: in its group from birth, once the host is limited. */
  wrap(host: string, command: Command): Command
  /** Limits the host to `cpu` CPUs and puts running programs (leaders of process groups) in it; answers the group's folder or name. */
  limit(host: string, cpu: number, leaders: readonly number[]): string
  /** Takes the limits off, for what is done at full speed; the last of it is to end. */
  lift(): void
  /** Puts them back. */
  restore(): void
  /** Removes every group of the stage, left-over ones of killed runs too. For when its programs are gone. */
  remove(): Promise<void>
}
