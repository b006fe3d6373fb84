/** The shop's own word for what is wrong; empty where the answer has none. */
export function errorCodeOf({ body }: { readonly body: string }): string {
  try {
    return String(JSON.parse(body).code ?? '')
  } catch {
    return ''
  }
}
