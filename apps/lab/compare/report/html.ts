/** Text that is already HTML. Everything else is escaped when it is put into a page. */
export type Html = { readonly html: string }
type Content = Html | string | number | null | false | readonly Content[]

/** `html` in front of a template literal: what is put in is escaped, unless it is HTML itself. */
export function html(strings: TemplateStringsArray, ...contents: readonly Content[]): Html {
  return { html: strings.map((text, index) => text + render(contents[index] ?? null)).join('') }
}

/** For markup that this program made itself. */
export function trustedHtml(text: string): Html {
  return { html: text }
}

export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

function render(content: Content): string {
  if (content === null || content === false) return ''
  if (typeof content === 'string' || typeof content === 'number') return escapeHtml(String(content))
  return 'html' in content ? content.html : content.map(render).join('')
}
