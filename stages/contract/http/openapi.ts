/** The part of an OpenAPI document that the contract and the fuzzer read. */
export type JsonSchema = { [keyword: string]: unknown }

export type OpenApi = {
  openapi: string
  paths: Record<string, Record<string, RawOperation>>
  components?: object
}

type Content = Record<string, { schema?: JsonSchema; example?: unknown }>
type RawParameter = { name: string; in: string; required?: boolean; schema?: JsonSchema }
export type RawOperation = {
  operationId?: string
  description?: string
  security?: object[]
  parameters?: RawParameter[]
  requestBody?: { required?: boolean; content?: Content }
  responses?: Record<string, { content?: Content; headers?: object }>
}

export type Parameter = { name: string; in: string; required: boolean; schema: JsonSchema }
export type Operation = {
  method: string
  path: string
  /** `POST /orders/{}/payments`. */
  label: string
  parameters: Parameter[]
  body?: JsonSchema
  /** By status; without a schema where the body is not JSON, or there is none. */
  responses: Record<string, { mediaTypes: readonly string[]; schema: JsonSchema | undefined }>
}

export const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** By `POST /orders/{id}/payments`. */
export function rawOperationsOf(document: OpenApi): [label: string, operation: RawOperation][] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, raw]): [string, RawOperation] => [`${method.toUpperCase()} ${path}`, raw]),
  )
}

export function operationsOf(document: OpenApi): Operation[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => METHODS.includes(method.toUpperCase()))
      .map(([method, raw]) => operationOf(document, method.toUpperCase(), path, raw)),
  )
}

function operationOf(document: OpenApi, method: string, path: string, raw: RawOperation): Operation {
  const parameters = (raw.parameters ?? []).map((parameter) => ({
    ...parameter,
    required: parameter.required ?? false,
    schema: withComponents(document, parameter.schema ?? {}),
  }))
  const responses = Object.fromEntries(
    Object.entries(raw.responses ?? {}).map(([status, { content = {} }]) => {
      return [status, { mediaTypes: Object.keys(content), schema: jsonSchemaOf(document, content) }]
    }),
  )
  const body = jsonSchemaOf(document, raw.requestBody?.content)
  return { method, path, label: `${method} ${path.replace(/\{\w+\}/g, '{}')}`, parameters, responses, ...(body && { body }) }
}

function jsonSchemaOf(document: OpenApi, content: Content = {}): JsonSchema | undefined {
  const schema = Object.entries(content).find(([type]) => /[/+]json\b/.test(type))?.[1].schema
  return schema === undefined ? undefined : withComponents(document, schema)
}

/** References such as `#/components/schemas/Order` are looked up from the schema's own root. */
function withComponents({ components }: OpenApi, schema: JsonSchema): JsonSchema {
  return components === undefined ? schema : { ...schema, components }
}
