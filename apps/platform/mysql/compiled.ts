/**
 * Kysely writes a statement anew each time that it is sent, and that costs an app more than sending it. A statement that every
 * request sends is written once for each shape of what it takes; from then on only the values are filled in.
 */
import {
  type CompiledQuery,
  DummyDriver,
  Kysely,
  MysqlAdapter,
  MysqlIntrospector,
  MysqlQueryCompiler,
  type QueryResult,
} from 'kysely'
import type { Database } from './database.ts'

type Statement<Row> = { compile(): CompiledQuery<Row> }
type Form<Row> = { readonly query: CompiledQuery<Row>; readonly parameters: readonly unknown[] }

/**
 * `write` is called with stand-ins for the values: it may place them, and must not look at them. Arrays keep their length and objects
 * their fields, so it may look at those; what is undefined stays so.
 */
export function compiled<Tables, Values extends readonly unknown[], Row>(
  write: (db: Database<Tables>, ...values: Values) => Statement<Row>,
) {
  const forms = new Map<string, Form<Row>>()
  return (db: Database<Tables>, ...values: Values): Promise<QueryResult<Row>> => {
    const shape = shapeOf(values)
    const form = forms.get(shape) ?? formOf(write, values)
    forms.set(shape, form)
    const parameters = form.parameters.map((one) => (one instanceof Place ? one.in(values) : one))
    return db.executeQuery({ ...form.query, parameters })
  }
}

/** Only writes statements. */
const writer: Database = new Kysely({
  dialect: {
    createAdapter: () => new MysqlAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new MysqlIntrospector(db),
    createQueryCompiler: () => new MysqlQueryCompiler(),
  },
})

function formOf<Tables, Values extends readonly unknown[], Row>(
  write: (db: Database<Tables>, ...values: Values) => Statement<Row>,
  values: Values,
): Form<Row> {
  const places = values.map((value, index) => placesIn(value, [index])) as unknown as Values
  const query = write(writer, ...places).compile()
  return { query, parameters: query.parameters }
}

/** Where in the values a parameter of the statement stands. */
class Place {
  readonly #path: readonly (string | number)[]

  constructor(path: readonly (string | number)[]) {
    this.#path = path
  }

  in(values: unknown): unknown {
    return this.#path.reduce((value, key) => (value as Record<string | number, unknown>)[key], values)
  }
}

function placesIn(value: unknown, path: readonly (string | number)[]): unknown {
  if (Array.isArray(value)) return value.map((item, index) => placesIn(item, [...path, index]))
  if (isRecord(value))
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, placesIn(item, [...path, key])]))
  return value === undefined ? undefined : new Place(path)
}

/** The same for values with which a statement reads the same. */
function shapeOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(shapeOf).join()}]`
  if (!isRecord(value)) return value === undefined ? '-' : '?'
  let shape = '{'
  for (const key in value) shape += `${key}:${shapeOf(value[key])},`
  return `${shape}}`
}

/** Not a date or bytes, which are values. */
function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}
