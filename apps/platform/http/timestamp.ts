/** RFC 3339, and nothing that JavaScript takes for it or that other validators do: 24 hours, leap seconds, days that a month has not. */
export function isTimestamp(text: string): boolean {
  const [, date, time] = TIMESTAMP.exec(text) ?? []
  return date !== undefined && time !== undefined && isDay(date)
}

const TIMESTAMP =
  /^(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))T((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d))$/i

/** The 31st of a shorter month would be the 1st of the next. */
function isDay(date: string): boolean {
  return new Date(`${date}T00:00:00Z`).toISOString().startsWith(date)
}
