/** A Node server that does nothing but answer: what a process costs that is asked now and then. */
import { createServer } from 'node:http'

createServer((_request, answer) => answer.end()).listen(Number(process.env.OUTGROW_PORT), '127.0.0.1')
