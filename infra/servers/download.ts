export type DownloadLimits = {
  /** For all of it, from the name look-up to the last byte. */
  readonly deadlineMs: number
  readonly limitBytes: number
}

/** `ofBytes` is undefined where the server does not say how much there is. */
export type OnBytes = (bytes: number, ofBytes: number | undefined) => void

/** Downloads into memory, so that it can be checked before a byte reaches the disk. Throws one line that names the address. */
export async function download(url: string, limits: DownloadLimits, onBytes: OnBytes = () => {}): Promise<Buffer> {
  const signal = AbortSignal.timeout(limits.deadlineMs)
  try {
    const response = await fetch(url, { signal })
    if (response.ok && response.body !== null) return await readBody(response, response.body, limits.limitBytes, onBytes)
    await response.body?.cancel()
    throw new Error(`${url} answers with status ${response.status}`)
  } catch (error) {
    if (signal.aborted) throw new Error(`${url} was not complete within ${limits.deadlineMs / 1000} s`, { cause: error })
    throw error instanceof TypeError ? new Error(`failed to fetch ${url}: ${causeOf(error)}`, { cause: error }) : error
  }
}

/** Throwing out of the loop cancels the rest. */
async function readBody(response: Response, body: ReadableStream, limitBytes: number, onBytes: OnBytes): Promise<Buffer> {
  const announced = response.headers.get('content-length')
  const ofBytes = announced === null ? undefined : Number(announced)
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    bytes += chunk.byteLength
    if (bytes > limitBytes) throw new Error(`${response.url} is larger than ${limitBytes / 1_000_000} MB`)
    onBytes(bytes, ofBytes)
  }
  return Buffer.concat(chunks)
}

/** fetch itself says only "fetch failed" or "terminated". */
function causeOf({ cause, message }: Error): string {
  if (!(cause instanceof Error)) return message
  // Where a name has several addresses, the error that stands for all of them has a code and no message.
  return cause.message || ('code' in cause ? String(cause.code) : message)
}
