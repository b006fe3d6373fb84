/** One thing that was looked at, as it is told. */
export type Finding = {
  readonly subject: string
  readonly ok: boolean
  readonly detail: string
  /** True of what has to come over the network yet. */
  readonly isFetched?: boolean
}
