/** A stage's part of `docker-compose.yml`, brought up and taken down as a whole by whoever has it for himself. */
import path from 'node:path'
import { CHECKOUT } from '../local/state/data-folder.ts'
import { StartError } from '../process/start-error.ts'
import { profileOf } from '../stage/address.ts'
import { COMPOSE_FILE, COMPOSE_PROJECT } from './compose-file.ts'
import { docker, dockerWithin } from './docker.ts'

const UP_WITHIN_MS = 5 * 60_000
const BUILD_WITHIN_MS = 15 * 60_000
const DOWN_WITHIN_MS = 2 * 60_000

export class ComposeProfile {
  readonly name: string
  readonly #set: readonly string[]

  constructor(stage: number, set: readonly string[] = []) {
    this.name = profileOf({ stage })
    this.#set = set
  }

  /** Its containers and volumes are those of the file: where some are there they are somebody's. */
  async refuseIfThere(because: string): Promise<void> {
    const volumes = await docker('volume', 'ls', '--quiet', '--filter', `name=${this.volumePrefix}`)
    if (volumes.length === 0) return
    const down = `docker compose --profile ${this.name} down --volumes`
    throw new StartError(`${this.name} of Docker Compose has data, ${because}: remove it first with ${down}`)
  }

  /** What the names of its volumes begin with. */
  get volumePrefix(): string {
    return `${COMPOSE_PROJECT}_${this.name}-`
  }

  async build(signal?: AbortSignal): Promise<void> {
    await this.#compose(BUILD_WITHIN_MS, ['build', '--quiet'], signal)
  }

  async up(signal: AbortSignal): Promise<void> {
    await this.#compose(UP_WITHIN_MS, ['up', '--wait', '--quiet-pull'], signal)
  }

  /** Its data stays. */
  async down(): Promise<void> {
    await this.#compose(DOWN_WITHIN_MS, ['down'])
  }

  async remove(): Promise<void> {
    await this.#compose(DOWN_WITHIN_MS, ['down', '--volumes'])
  }

  async #compose(withinMs: number, args: readonly string[], signal?: AbortSignal): Promise<void> {
    const file = ['--file', path.join(CHECKOUT, COMPOSE_FILE), '--profile', this.name]
    const told = { env: { OUTGROW_SET: this.#set.join(' ') }, ...(signal && { signal }) }
    await dockerWithin(withinMs, ['compose', '--progress', 'quiet', ...file, ...args], told)
  }
}
