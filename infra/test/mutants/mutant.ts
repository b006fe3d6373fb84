/** One line of the project made wrong: what the test file must find, and what would come of it if it did not. */
export type Mutant = {
  readonly file: string
  /** How the line begins, without its indentation: as much as tells it from all others of the file. */
  readonly line: string
  readonly instead: string
  readonly foundBy: string
  readonly why: string
}

type Fault = readonly [line: string, instead: string, why: string]

/** Faults of one file that one test file must find. */
export function mutantsOf(file: string, foundBy: string, faults: readonly Fault[]): Mutant[] {
  return faults.map(([line, instead, why]) => ({ file, line, instead, foundBy, why }))
}

/** Throws where no line begins so, or more than one: then the list has to follow the code. */
export function planted(text: string, { file, line, instead }: Mutant): string {
  const lines = text.split('\n')
  const places = lines.flatMap((found, index) => (found.trimStart().startsWith(line) ? [index] : []))
  const [place] = places
  if (place === undefined || places.length > 1) throw new Error(`${file} has ${places.length} lines that begin with: ${line}`)
  return lines.with(place, instead).join('\n')
}
