/** Numbers as people read them in a room: three digits that mean something, never more. */
import type { Spread } from '../results.ts'

export function figure(value: number): string {
  if (!Number.isFinite(value)) return '–'
  const size = Math.abs(value)
  if (size >= 100) return Math.round(value).toLocaleString('en-US')
  if (Number.isInteger(value)) return String(value)
  return value.toFixed(size >= 10 ? 1 : 2)
}

export function percent(share: number): string {
  const value = share * 100
  return `${value >= 99 && value < 100 ? trimmed(Math.floor(value * 100) / 100, 2) : trimmed(value, value < 10 ? 1 : 0)} %`
}

export function milliseconds(value: number): string {
  return `${figure(value)} ms`
}

/** `41.2 (39.8–43)`; a figure of one round has no spread to show. */
export function spreadText({ median, min, max }: Spread): string {
  return min === max ? figure(median) : `${figure(median)} (${figure(min)}–${figure(max)})`
}

export function orDash(value: number | null, write: (value: number) => string): string {
  return value === null ? '–' : write(value)
}

function trimmed(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)))
}
