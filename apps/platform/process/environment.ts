/** What a program is told by its environment. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Throws one line that names the variable. */
export function required(environment: Environment, variable: string): string {
  const value = environment[variable]
  if (value === undefined || value === '') throw new Error(`${variable} is not set; the command \`npm start\` sets it`)
  return value
}

export function parsePort(text: string): number {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error(`OUTGROW_PORT must be a port number, not "${text}"`)
  return port
}
