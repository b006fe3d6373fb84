import path from 'node:path'
import type { StageFiles } from '../state/data-folder.ts'
import { answersHttp, checkHealth } from './health.ts'
import type { Launch } from './launch.ts'
import { nodeProgram } from './node-program.ts'

type Document = { readonly name: string; readonly settings: Readonly<Record<string, string | number>> }
type Told = {
  readonly port: number
  readonly files: Pick<StageFiles, 'folder' | 'spans'>
  readonly document: Document
  /** Whose program it is; ours, where none is named. */
  readonly checkout?: string | undefined
}

/** A program that serves shoppers, and is told all that it knows in one document. */
export async function shopProgram(entry: string, { port, files, document, checkout }: Told): Promise<Launch> {
  const isTraced = document.settings.tracing === 'on'
  const told = isTraced ? { ...document, spansFile: path.join(files.spans, `${document.name}.jsonl`) } : document
  const environment = { NODE_ENV: 'production', OUTGROW_CONFIG: JSON.stringify(told), ...(isTraced && otlpVariables()) }
  return {
    ...(await nodeProgram(entry, files.folder, environment, checkout)),
    ready: () => checkHealth(port, '/health/ready'),
    answers: () => answersHttp(port, '/health/live'),
    // On a host of a seventh of a CPU, which holds one that is started again from birth, it takes 10 s or more.
    readyWithinMs: 40_000,
    // It gives itself 9 s to finish what it has accepted, and ends itself then.
    stopWithinMs: 12_000,
  }
}

/** Where spans go besides: the standard's own variables, for whoever has a collector. */
function otlpVariables(): Record<string, string> {
  const given = Object.entries(process.env).filter(([name]) => name.startsWith('OTEL_EXPORTER_OTLP_'))
  return Object.fromEntries(given.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
}
