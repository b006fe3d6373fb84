import type { Agent } from 'node:http'
import { request } from './node-http.ts'

export type Answer = { readonly status: number; readonly headers: NodeJS.Dict<string | string[]>; readonly text: string }
export type Call = {
  method?: string
  headers?: Record<string, string>
  body?: unknown
  timeoutMs: number
  /** Ends the wait before that. */
  stopping?: AbortSignal
  /** Whose connections are used again; without one none is kept. */
  agent?: Agent
}

/** One HTTP exchange with a deadline for all of it. Plain node:http, as fetch refuses some port numbers. */
export function httpCall(url: string, { method = 'GET', headers = {}, body, timeoutMs, stopping, agent }: Call): Promise<Answer> {
  const text = body === undefined ? undefined : JSON.stringify(body)
  const content =
    text === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }
  return new Promise((resolve, reject) => {
    const late = AbortSignal.timeout(timeoutMs)
    const signal = stopping ? AbortSignal.any([late, stopping]) : late
    const sent = request(url, { method, agent: agent ?? false, headers: { ...content, ...headers }, signal })
    const failed = (error: Error) => reject(late.aborted ? new Error(`no answer within ${timeoutMs} ms`) : error)
    sent.on('error', failed)
    sent.on('response', (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('error', failed)
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text: Buffer.concat(chunks).toString('utf8') }),
      )
    })
    sent.end(text)
  })
}

/** What an answer says about itself in one line: the status and the problem's own words. */
export function describeAnswer({ status, text }: Answer): string {
  return `${status} ${problemText(text).replace(/\s+/g, ' ').slice(0, 300)}`.trim()
}

function problemText(text: string): string {
  try {
    const { code, detail } = JSON.parse(text)
    return [code, detail].filter(Boolean).join(': ') || text
  } catch {
    return text
  }
}
