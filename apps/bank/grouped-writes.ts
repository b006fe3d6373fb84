import type { FileHandle } from 'node:fs/promises'

type File = Pick<FileHandle, 'appendFile' | 'datasync' | 'truncate'>
type Group = { text: string; readonly written: Promise<void> }

/**
 * Lines that come while others are being forced to disk go together afterwards, with one fdatasync for all of them (group commit).
 * What could not be written whole (a full disk) is cut off before the next, which would otherwise continue half a line.
 */
export function groupedWrites(file: File, size: number): (line: string) => Promise<void> {
  let goodSize = size
  let torn = false
  const write = async (text: string) => {
    if (torn) await file.truncate(goodSize)
    torn = true
    await file.appendFile(text)
    await file.datasync()
    torn = false
    goodSize += Buffer.byteLength(text)
  }
  let last: Promise<void> = Promise.resolve()
  let next: Group | undefined
  const openGroup = (): Group => {
    const close = () => {
      next = undefined
      return write(group.text)
    }
    const group: Group = { text: '', written: last.then(close) }
    last = group.written.catch(() => undefined)
    return group
  }
  return (line) => {
    next ??= openGroup()
    next.text += line
    return next.written
  }
}
