/** The page with the picture between its two markers as a code block; undefined where the markers are missing. */
export function replacePicture(page: string, picture: string, { name = 'diagram', language = 'text' } = {}): string | undefined {
  const [first, last] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const start = page.indexOf(first)
  const end = page.indexOf(last, start)
  if (start < 0 || end < 0) return undefined
  return `${page.slice(0, start + first.length)}\n\`\`\`${language}\n${picture}\n\`\`\`\n${page.slice(end)}`
}
