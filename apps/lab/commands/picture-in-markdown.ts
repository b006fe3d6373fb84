const START = '<!-- diagram -->'
const END = '<!-- /diagram -->'

/** The page with the picture between its two markers as a code block; undefined where the markers are missing. */
export function replacePicture(page: string, picture: string): string | undefined {
  const start = page.indexOf(START)
  const end = page.indexOf(END, start)
  if (start < 0 || end < 0) return undefined
  return `${page.slice(0, start + START.length)}\n\`\`\`text\n${picture}\n\`\`\`\n${page.slice(end)}`
}
