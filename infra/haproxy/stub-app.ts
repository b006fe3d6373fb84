/**
 * Stands in for an app in tests: answers slowly, or very slowly where the header `slow` asks for it, and keeps a line for every request that
 * reached it. USR2 makes it fail its checks, and pass them again; USR1 makes it answer its checks late, as one that is out of breath; TERM makes
 * it leave as an app does. Arguments: name, port, file.
 */
import { appendFileSync } from 'node:fs'
import { createServer } from 'node:http'

const [name = 'stub', port = '0', file = '/dev/null'] = process.argv.slice(2)
const ANSWER_AFTER_MS = 20
const SLOW_ANSWER_AFTER_MS = 2_500
const LATE_MS = 350
/** As the app: longer than the balancer needs to notice. */
const NOTICE_MS = 800

let checks = 200
let checksAfterMs = 0
let working = 0
process.on('SIGUSR2', () => {
  checks = checks === 200 ? 503 : 200
})
process.on('SIGUSR1', () => {
  checksAfterMs = LATE_MS
})
process.on('SIGTERM', () => {
  checks = 404
  setTimeout(() => setInterval(() => working === 0 && process.exit(), ANSWER_AFTER_MS), NOTICE_MS)
})

createServer((request, response) => {
  if (request.url === '/health/accepting') return setTimeout(() => response.writeHead(checks).end(), checksAfterMs)
  const { id = '-', slow } = request.headers
  appendFileSync(file, `${request.method} ${id} ${JSON.stringify(request.headers)}\n`)
  request.resume()
  working += 1
  response.once('close', () => {
    working -= 1
  })
  setTimeout(() => response.setHeader('x-served-by', name).end(name), slow ? SLOW_ANSWER_AFTER_MS : ANSWER_AFTER_MS)
}).listen(Number(port), '127.0.0.1')
