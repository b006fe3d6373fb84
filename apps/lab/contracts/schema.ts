/** Whether whoever wants values of one JSON Schema can do with those of another: by their fields, types and listed values. */

export type Schema = {
  readonly type?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: unknown
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
}

/** A field, and what is wrong with it. */
export type Misfit = { readonly field: string; readonly why: string }

/** Lengths and patterns are not compared: a value of the right type that is refused for these is the affair of tests. */
export function misfits(wanted: Schema, offered: Schema, field = ''): Misfit[] {
  if (offered.anyOf) return offered.anyOf.flatMap((one) => misfits(wanted, one, field))
  if (wanted.anyOf) return fitsOne(wanted.anyOf, offered) ? [] : [{ field, why: `may be ${textOf(offered)}` }]
  return [...ofType(wanted, offered, field), ...ofValues(wanted, offered, field), ...ofParts(wanted, offered, field)]
}

function fitsOne(alternatives: readonly Schema[], offered: Schema): boolean {
  return alternatives.some((one) => misfits(one, offered).length === 0)
}

function ofType(wanted: Schema, offered: Schema, field: string): Misfit[] {
  const [want, have] = [typeOf(wanted), typeOf(offered)]
  const fits = want === undefined || want === have || (want === 'number' && have === 'integer')
  return fits ? [] : [{ field, why: `is ${have ?? 'anything'} and not ${want}` }]
}

function ofValues(wanted: Schema, offered: Schema, field: string): Misfit[] {
  const known = valuesOf(wanted)
  if (!known) return []
  const values = valuesOf(offered)
  if (!values) return [{ field, why: `may be any ${typeOf(offered) ?? 'value'}` }]
  return values.filter((value) => !known.includes(value)).map((value) => ({ field, why: `may be ${JSON.stringify(value)}` }))
}

function ofParts(wanted: Schema, offered: Schema, field: string): Misfit[] {
  if (wanted.items && offered.items) return misfits(wanted.items, offered.items, `${field}[]`)
  const { properties = {}, required = [] } = wanted
  const given = offered.properties ?? {}
  const inner = (name: string) => (field === '' ? name : `${field}.${name}`)
  const unknown =
    wanted.additionalProperties === false ? Object.keys(given).filter((name) => !Object.hasOwn(properties, name)) : []
  return [
    ...unknown.map((name) => ({ field: inner(name), why: 'is not known' })),
    ...Object.entries(properties).flatMap(([name, part]) => {
      const mine = Object.hasOwn(given, name) ? given[name] : undefined
      if (!mine) return required.includes(name) ? [{ field: inner(name), why: 'is missing' }] : []
      const mayLack = required.includes(name) && !offered.required?.includes(name)
      return [...(mayLack ? [{ field: inner(name), why: 'may be missing' }] : []), ...misfits(part, mine, inner(name))]
    }),
  ]
}

function typeOf({ type, enum: values, const: value }: Schema): string | undefined {
  const [one] = values ?? (value === undefined ? [] : [value])
  return type ?? (one === undefined ? undefined : typeof one)
}

function valuesOf({ enum: values, const: value }: Schema): readonly unknown[] | undefined {
  return values ?? (value === undefined ? undefined : [value])
}

function textOf(schema: Schema): string {
  const values = valuesOf(schema)
  return values ? values.map((value) => JSON.stringify(value)).join(' or ') : (typeOf(schema) ?? 'anything')
}
