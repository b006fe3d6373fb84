/** Stands in for an app in tests: answers slowly, and keeps a line for every request that reached it. Arguments: name, port, file. */
import { appendFileSync } from 'node:fs'
import { createServer } from 'node:http'

const [name = 'stub', port = '0', file = '/dev/null'] = process.argv.slice(2)
const ANSWER_AFTER_MS = 20

createServer((request, response) => {
  if (request.url === '/health/accepting') return response.end('ok')
  const { id = '-' } = request.headers
  appendFileSync(file, `${request.method} ${id} ${JSON.stringify(request.headers)}\n`)
  request.resume()
  setTimeout(() => response.setHeader('x-served-by', name).end(name), ANSWER_AFTER_MS)
}).listen(Number(port), '127.0.0.1')
