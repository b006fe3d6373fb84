type Stream = NodeJS.ReadableStream | NodeJS.ReadWriteStream | NodeJS.WritableStream
export function unpackTar(folder: string, ...streams: readonly Stream[]): Promise<void>
export function packTar(folder: string, args: readonly string[], ...streams: readonly Stream[]): Promise<void>
