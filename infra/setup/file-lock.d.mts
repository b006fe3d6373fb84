export type FileLockOptions = {
  deadlineMs: number
  /** Called once when another process holds the lock. */
  onWait?: (pid: number | undefined) => void
}
export function withFileLock<Result>(path: string, options: FileLockOptions, work: () => Promise<Result>): Promise<Result>
