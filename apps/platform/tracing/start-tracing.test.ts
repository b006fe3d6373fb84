import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const APPS = join(import.meta.dirname, '../..')

/** All modules that a process loads which loads the three programs' own, and starts to trace or not as the setting says. */
function modulesLoaded(tracing: 'on' | 'off'): string[] {
  const script = `
    import { registerHooks } from 'node:module'
    const found = new Set()
    registerHooks({ resolve(name, context, next) { const to = next(name, context); found.add(to.url); return to } })
    for (const file of ['shop/app.ts', 'gateway/gateway.ts', 'consumers/app.ts']) await import(process.argv[1] + '/' + file)
    const { startTracing } = await import(process.argv[1] + '/platform/tracing/start-tracing.ts')
    await startTracing({ addHook() {} }, { name: 'app-1', service: 'app', settings: { tracing: process.argv[2] } })
    console.log(JSON.stringify([...found]))`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script, APPS, tracing], {
    encoding: 'utf8',
    timeout: 50_000,
  })
  expect(stdout, stderr).not.toBe('')
  return JSON.parse(stdout)
}

/** Its interface prom-client loads, and finds nobody behind it. */
const ofTheLibrary = (urls: readonly string[]) => urls.filter((url) => /@opentelemetry\/(?!api\/)/.test(url))

test('where nobody is told of spans, nothing of their library is loaded', () => {
  const loaded = modulesLoaded('off')
  expect(loaded.some((url) => url.endsWith('/platform/process/span.ts'))).toBe(true)
  expect(ofTheLibrary(loaded)).toEqual([])
})

test('where somebody is, it is', () => {
  expect(ofTheLibrary(modulesLoaded('on')).length).toBeGreaterThan(0)
})
