import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

/** Debian's chromium, or the one that OUTGROW_CHROMIUM names; undefined where there is none. */
export function chromiumPath(): string | undefined {
  const named = process.env.OUTGROW_CHROMIUM
  return [named ?? '', '/usr/bin/chromium'].find((path) => path !== '' && existsSync(path))
}

/** With a profile of its own that is gone afterwards, and without anything that a browser says to the world by itself. */
export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}
