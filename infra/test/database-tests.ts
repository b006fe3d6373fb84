/** Which tests a database can change: those alone run on a second one (`OUTGROW_TESTS=database npm test`). It follows from what a file imports. */
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export const databaseTestsAlone = process.env.OUTGROW_TESTS === 'database'

/** All others have the same outcome on any database. Paths are from the top of the project, as in `include`. */
export function testsWithoutDatabase(): string[] {
  const tests = globSync('{apps,infra,loadtests,stages}/**/*.test.ts')
  return tests.filter((file) => file.startsWith('infra/test/') || !dependsOnDatabase(file, readFileSync(file, 'utf8')))
}

const SIGNS: readonly RegExp[] = [
  // It speaks to servers of its own.
  /^infra\/mysql\/|^mysql2\b/,
  /^apps\/fixtures\/bucket-(?:servers|moves)\.ts$/,
  // It asks a whole shop for everything that there is to ask for, or sends it whatever the OpenAPI document allows.
  /^stages\/contract\/(?:contract|openapi)\.ts$/,
  // It makes faults in a running stage, those of its databases among them.
  /^apps\/lab\/drills\/drills\.ts$/,
]

export function dependsOnDatabase(file: string, text: string): boolean {
  // It asks for the server of the run.
  if (/\binject\('databaseUrl'\)/.test(text)) return true
  const imported = [...text.matchAll(/\bfrom '([^']+)'/g)].map(([, name = '']) =>
    name.startsWith('.') ? join(dirname(file), name) : name,
  )
  return SIGNS.some((sign) => imported.some((name) => sign.test(name)))
}
