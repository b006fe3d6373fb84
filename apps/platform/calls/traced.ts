import { type Beginning, beginPart, type Span, TRACEPARENT_HEADER } from '../process/span.ts'
import type { Sent } from './copy.ts'
import type { Answer, Sending, Service } from './service.ts'

/** Each call is a span, from before its place is looked for until its answer was read; who answers goes on with it. */
export function traced(name: string, service: Service): Service {
  const send = async (span: Span, sent: Sent, sending: Sending): Promise<Answer> => {
    const headers = { ...sent.headers, [TRACEPARENT_HEADER]: span.traceparent }
    try {
      const answer = await service.send({ ...sent, headers }, sending)
      const { statusCode: status, from, done } = answer
      span.set({ 'outgrow.copy': from, 'http.response.status_code': status })
      const end = () => {
        done()
        span.end(status >= 500 ? `answered ${status}` : undefined)
      }
      return { ...answer, done: end }
    } catch (error) {
      span.end(error)
      throw error
    }
  }
  return {
    ...service,
    send(sent, sending) {
      const span = beginPart(() => callSpan(name, sent))
      return span ? send(span, sent, sending) : service.send(sent, sending)
    },
  }
}

function callSpan(name: string, { method }: Sent): Beginning {
  return { name: `call ${name}`, kind: 'client', attributes: { 'http.request.method': method, 'server.address': name } }
}
