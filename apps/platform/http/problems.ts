import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import Type from 'typebox'
import { ServerDown } from '../process/server-down.ts'
import { ERRORS, type ErrorCode, ShopError } from './errors.ts'
import { announceLimit, LIMIT_FIELDS } from './standing.ts'

const RetryAfter = Type.Integer({ minimum: 1, description: 'With 429 and 503: seconds after which to try again' })

/** The body of every error: RFC 9457 with our `code` and the id that the log lines of the request carry. */
const ProblemDetails = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  code: Type.String(),
  detail: Type.String(),
  requestId: Type.String(),
})

/** The answer of a route that fails. */
export const Problem = {
  description: 'What went wrong, as problem details (RFC 9457)',
  headers: { 'Retry-After': RetryAfter, ...LIMIT_FIELDS },
  content: { 'application/problem+json': { schema: ProblemDetails } },
}

/** Answers every error, thrown by us or by a library, from the one table of codes. */
export function answerProblems(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const empty = error.validationContext === 'body' && request.body === undefined
    sendProblem(
      request,
      reply,
      empty ? new ShopError('BAD_REQUEST', 'the body is empty, and should be JSON') : toShopError(error),
    )
  })
  app.setNotFoundHandler((request, reply) => sendProblem(request, reply, new ShopError('NOT_FOUND')))
}

export function sendProblem(request: FastifyRequest, reply: FastifyReply, error: ShopError): FastifyReply {
  const { status, title } = ERRORS[error.code]
  if (status >= 500)
    request.log[error.code === 'INTERNAL' ? 'error' : 'warn']({ code: error.code, cause: causeForLog(error) }, error.message)
  if (error.retryAfterS !== undefined) reply.header('retry-after', error.retryAfterS)
  if (error.standing) announceLimit(reply, error.standing)
  const problem = { type: 'about:blank', title, status, code: error.code, detail: error.message, requestId: request.id }
  return reply.code(status).type('application/problem+json').serializer(JSON.stringify).send(problem)
}

/** Where it came from and what kind it is, but not its message: a database's error carries the statement with the values in it. */
function causeForLog({ cause, stack }: ShopError) {
  if (!(cause instanceof Error)) return { stack }
  const places = cause.stack?.split('\n').filter((line) => /^\s+at /.test(line))
  return { ...kindOf(cause), ...(cause.cause instanceof Error && { cause: kindOf(cause.cause) }), places }
}

function kindOf(error: Error & { code?: string; errno?: number; sqlState?: string }) {
  const { name, code, errno, sqlState } = error
  return { name, code, errno, sqlState }
}

/** What a library threw, as one of our codes; an error that nobody foresaw is INTERNAL and tells the client nothing. */
export function toShopError(error: FastifyError): ShopError {
  if (error instanceof ShopError) return error
  if (error.validation) return new ShopError('BAD_REQUEST', `${error.message}${unknownField(error.validation)}`)
  const code = CODES[error.code] ?? (error instanceof ServerDown ? 'UNAVAILABLE' : codeOfStatus(error.statusCode))
  return new ShopError(code, DETAILS[error.code] ?? ERRORS[code].title, {
    cause: error,
    ...(code === 'UNAVAILABLE' ? { retryAfterS: 1 } : {}),
  })
}

const LONGEST_NAME = 100

/** The validator says that there is one, and not which. */
function unknownField([first]: readonly { params: Record<string, unknown> }[]): string {
  const name = first?.params.additionalProperty
  return typeof name === 'string' ? `: ${JSON.stringify(name.slice(0, LONGEST_NAME))}` : ''
}

const DETAILS: Readonly<Record<string, string>> = {
  FST_ERR_CTP_INVALID_JSON_BODY: 'the body is not valid JSON',
  FST_ERR_BAD_URL: 'the path is not valid',
}

const CODES: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'PAYLOAD_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  FST_ERR_MAX_PARAM_LENGTH: 'URI_TOO_LONG',
}

function codeOfStatus(status: number | undefined): ErrorCode {
  return status !== undefined && status >= 400 && status < 500 ? 'BAD_REQUEST' : 'INTERNAL'
}
