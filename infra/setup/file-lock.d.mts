export type FileLockOptions = {
  deadlineMs: number
  /** Called once when another process holds the lock. */
  onWait?: (pid: number | undefined) => void
}
export function withFileLock<Result>(path: string, options: FileLockOptions, work: () => Promise<Result>): Promise<Result>

type Holder = { readonly pid: number; readonly startTime: string }
export function tryFileLock(path: string, processes?: { own(): Holder; isRunning(holder: Holder): boolean }): Promise<boolean>
