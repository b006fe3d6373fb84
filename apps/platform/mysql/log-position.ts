/** A place in the primary's log: what was committed up to it. Only infra/mysql knows what it looks like. */
export type LogPosition = string
