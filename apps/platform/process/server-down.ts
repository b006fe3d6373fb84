/**
 * A server that this process needs cannot be used now, or did not say whether it did what it was asked. Whoever speaks to a server
 * throws a kind of its own, as only there is it known whose error it was: a client's connection may break with the same code.
 */
export class ServerDown extends Error {
  override readonly name: string = 'ServerDown'
}
