/** What was measured of one way to buy. */
export type SkewRow = {
  readonly name: string
  readonly orders: number
  /** Orders that were not placed. */
  readonly failed: number
  readonly ordersPerS: number
  readonly p50Ms: number
  readonly p95Ms: number
  /** Of the servers that have buckets, the one that is asked most. */
  readonly busiest: Busiest
  /** What transactions waited for each other's rows in the catalogue. */
  readonly rowWaitMsPerOrder: number
}

export type Busiest = {
  readonly server: string
  /** Of what is asked for customers, and of the CPU of all servers that have buckets. */
  readonly requestShare: number
  readonly cpuShare: number
  readonly cpuMsPerOrder: number
}

export type SkewResults = {
  readonly stage: string
  readonly customers: number
  readonly secondsEach: number
  /** How often the busy customer orders, for each time that another does. */
  readonly times: number
  /** By `times`, of all orders. */
  readonly hotShare: number
  readonly customer: { readonly alike: SkewRow; readonly hot: SkewRow; readonly alone: SkewRow }
  readonly product: { readonly alike: SkewRow; readonly onOne: SkewRow; readonly onAll: SkewRow }
  /** The catalogue asked by nothing but takes of stock, ten at a time: of one product, and of a thousand. */
  readonly takesPerS: { readonly one: number; readonly many: number }
}
