/** Stands in for an app in tests: answers slowly, and keeps a line for every request that reached it; USR2 makes it fail its checks, and pass them again. Arguments: name, port, file. */
import { appendFileSync } from 'node:fs'
import { createServer } from 'node:http'

const [name = 'stub', port = '0', file = '/dev/null'] = process.argv.slice(2)
const ANSWER_AFTER_MS = 20

let isWell = true
process.on('SIGUSR2', () => {
  isWell = !isWell
})

createServer((request, response) => {
  if (request.url === '/health/accepting') return response.writeHead(isWell ? 200 : 503).end()
  const { id = '-' } = request.headers
  appendFileSync(file, `${request.method} ${id} ${JSON.stringify(request.headers)}\n`)
  request.resume()
  setTimeout(() => response.setHeader('x-served-by', name).end(name), ANSWER_AFTER_MS)
}).listen(Number(port), '127.0.0.1')
