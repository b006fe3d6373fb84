/** What a service asks of others: held against what these offer before either is deployed alone. */
import type { Static, TSchema } from 'typebox'

/** By names of services and by routes, such as `POST /internal/stock/take`. Where nothing is said of an answer none of it is read. */
export type Needs = Readonly<Record<string, Readonly<Record<string, Need>>>>
export type Need = { readonly sends?: TSchema; readonly reads?: TSchema }

/** A schema that has all that our code may read of a value of this type: one that lacks a field of it is an error of the compiler. */
export function reading<Value>() {
  return <Schema extends TSchema>(schema: Static<Schema> extends Value ? Schema : never): Schema => schema
}

/** Paths that are passed on as they come, and so are their answers. */
export function passingOn(paths: Readonly<Record<string, readonly string[]>>): Readonly<Record<string, Need>> {
  return Object.fromEntries(
    Object.entries(paths).flatMap(([path, methods]) => methods.map((method) => [`${method} ${path}`, {}])),
  )
}
