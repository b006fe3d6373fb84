/**
 * Node's HTTP for programs that run for long. An import of the module reads all that it exports, its WebSocket as well, and with that comes
 * a library of 6 MiB that nobody here asks for.
 */
export const { Agent, createServer, request } = process.getBuiltinModule('node:http')
