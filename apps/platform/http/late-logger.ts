import type { FastifyBaseLogger } from 'fastify'

/**
 * Fastify makes a logger for each request. Of most requests nothing is ever said: theirs is made when something is.
 */
export function makeLoggersLate(logger: FastifyBaseLogger): void {
  const child = logger.child.bind(logger)
  logger.child = (...given) => new LateLogger(() => child(...given))
}

type Said = Parameters<FastifyBaseLogger['warn']>

class LateLogger implements FastifyBaseLogger {
  readonly #make: () => FastifyBaseLogger
  #made: FastifyBaseLogger | undefined

  constructor(make: () => FastifyBaseLogger) {
    this.#make = make
  }

  get #logger(): FastifyBaseLogger {
    this.#made ??= this.#make()
    return this.#made
  }

  get level() {
    return this.#logger.level
  }

  child(...given: Parameters<FastifyBaseLogger['child']>): FastifyBaseLogger {
    return this.#logger.child(...given)
  }

  fatal(...said: unknown[]): void {
    this.#logger.fatal(...(said as Said))
  }

  error(...said: unknown[]): void {
    this.#logger.error(...(said as Said))
  }

  warn(...said: unknown[]): void {
    this.#logger.warn(...(said as Said))
  }

  info(...said: unknown[]): void {
    this.#logger.info(...(said as Said))
  }

  debug(...said: unknown[]): void {
    this.#logger.debug(...(said as Said))
  }

  trace(...said: unknown[]): void {
    this.#logger.trace(...(said as Said))
  }

  silent(...said: unknown[]): void {
    this.#logger.silent(...(said as Said))
  }
}
