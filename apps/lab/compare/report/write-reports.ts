import path from 'node:path'
import { Value } from 'typebox/value'
import { writeAtomically } from '../../../../infra/process/atomic-file.ts'
import { CommandError } from '../../runner/command.ts'
import { RESULTS_FILE, reasonOf, writeResults } from '../result-files.ts'
import { Results } from '../results.ts'
import { htmlReport } from './html-report.ts'
import { markdownReport } from './markdown-report.ts'

export type ReportFiles = { readonly html: string; readonly markdown: string; readonly json: string }

/** Writes results.json, report.md and report.html; the numbers first, so that they are there whatever happens to the rest. */
export async function writeReports(results: Results, folder: string): Promise<ReportFiles> {
  mustFitSchema(results)
  const files = {
    html: path.join(folder, 'report.html'),
    markdown: path.join(folder, 'report.md'),
    json: path.join(folder, RESULTS_FILE),
  }
  writeResults(results, folder)
  write(files.markdown, markdownReport(results))
  write(files.html, htmlReport(results))
  return files
}

/** A wrong figure is our own mistake: better no report than one that a later version cannot read. */
function mustFitSchema(results: Results): void {
  if (Value.Check(Results, results)) return
  const [first] = Value.Errors(Results, results)
  throw new TypeError(`the results do not fit their schema: ${first?.instancePath || 'the document'} ${first?.message ?? ''}`)
}

function write(file: string, text: string): void {
  try {
    writeAtomically(file, text)
  } catch (error) {
    throw new CommandError(`cannot write ${file}: ${reasonOf(error)}`)
  }
}
