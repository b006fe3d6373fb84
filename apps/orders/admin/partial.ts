import { ShopError } from '../../platform/http/errors.ts'
import type { Answers } from '../../platform/mysql/store.ts'
import { logLine } from '../../platform/process/log.ts'

type Partial<Value> = { readonly values: readonly Value[]; readonly missing: string[] }

/** For questions whose answer is of use without a part, if it says which. Throws UNAVAILABLE where nobody has answered. */
export function partial<Value>({ values, missing }: Answers<Value>): Partial<Value> {
  const names = missing.map(({ name }) => name)
  // In the answer a statement that is wrong looks like a server that is away; not here.
  for (const { name, reason } of missing) logLine(40, `${name} could not be asked for all customers: ${reason}`)
  if (values.length > 0) return { values, missing: names }
  const cause = missing[0]?.reason
  throw new ShopError('UNAVAILABLE', `${names.join(', ')} cannot be asked now`, { retryAfterS: 1, cause })
}
