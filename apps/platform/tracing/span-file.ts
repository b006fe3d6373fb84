import { appendFile, mkdir, rename, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer'
import type { SpanExporter } from '@opentelemetry/sdk-trace'

const MOST_BYTES = 4 * 1_024 * 1_024

/**
 * A file of one process: each line a request of OTLP in JSON, as the file exporter of OpenTelemetry's collector writes them. When it is large
 * it becomes `FILE.1`, in the place of the one before.
 */
export function spanFile(file: string, mostBytes = MOST_BYTES): SpanExporter {
  const decoder = new TextDecoder()
  let written: Promise<unknown> = Promise.resolve()
  return {
    export(spans, done) {
      const line = `${decoder.decode(JsonTraceSerializer.serializeRequest(spans))}\n`
      // One after the other, so that a file is never put aside twice.
      const writing = written.catch(() => undefined).then(() => append(file, line, mostBytes))
      written = writing
      writing.then(
        () => done({ code: 0 }),
        (error) => done({ code: 1, error }),
      )
    },
    shutdown: async () => void (await written.catch(() => undefined)),
  }
}

async function append(file: string, line: string, mostBytes: number): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  const size = await stat(file).then(
    (found) => found.size,
    () => 0,
  )
  if (size > mostBytes) await rename(file, `${file}.1`)
  await appendFile(file, line, { mode: 0o600 })
}
