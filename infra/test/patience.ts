/** `vi.waitFor` gives up after a second where nobody says otherwise, and a busy machine may rest for longer. */
import { vi } from 'vitest'

const PATIENCE_MS = 15_000
const waitFor = vi.waitFor.bind(vi)

vi.waitFor = (callback, options) =>
  waitFor(callback, typeof options === 'number' ? options : { timeout: PATIENCE_MS, ...options })
