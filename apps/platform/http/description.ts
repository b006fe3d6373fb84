/** What the OpenAPI document says of every operation, so that no route has to. */
type Response = { headers?: object; content?: object }
type Body = { required?: boolean; content: Record<string, { schema?: { anyOf?: readonly { type?: string }[] } }> }
type Operation = { summary?: string; operationId?: string; requestBody?: Body; responses?: Record<string, Response> }
type Document = { paths?: Record<string, Record<string, Operation>> }

/** For @fastify/swagger, as it hands its document out. */
export function completeDocument<Given>(given: Given): Given {
  const { paths = {} } = given as Document
  for (const operation of Object.values(paths).flatMap((path) => Object.values(path))) complete(operation)
  return given
}

function complete(operation: Operation): void {
  operation.operationId ??= nameOf(operation.summary ?? '')
  // The library takes it that there must be a body wherever there may be one.
  if (operation.requestBody) operation.requestBody.required = !mayBeNothing(operation.requestBody)
  for (const response of Object.values(operation.responses ?? {})) response.headers = { ...response.headers, ...EVERY_ANSWER }
}

/** `Log out everywhere` → `logOutEverywhere`: what a generated client calls it. */
function nameOf(summary: string): string {
  const [first = '', ...others] =
    summary
      .split(/[;:(]/, 1)
      .join()
      .match(/[A-Za-z]+/g) ?? []
  return [first.toLowerCase(), ...others.map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1).toLowerCase()}`)].join('')
}

function mayBeNothing({ content }: Body): boolean {
  return Object.values(content).some(({ schema }) => schema?.anyOf?.some(({ type }) => type === 'null'))
}

const EVERY_ANSWER = {
  'X-Served-By': { schema: { type: 'string' }, description: 'Which copy of the app answered' },
  'Cache-Control': { schema: { type: 'string' }, description: 'no-store' },
}
