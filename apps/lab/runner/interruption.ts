/** The first Ctrl-C asks for an end in order; a second one ends the command at once. */
export function interruptible(onInterrupt: () => void): { readonly signal: AbortSignal; done(): void } {
  const controller = new AbortController()
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(130)
    onInterrupt()
    controller.abort()
  }
  for (const signal of SIGNALS) process.on(signal, interrupt)
  const done = () => {
    for (const signal of SIGNALS) process.off(signal, interrupt)
  }
  return { signal: controller.signal, done }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
