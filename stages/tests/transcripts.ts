/** Reads the commands that a Markdown page shows, with the output it promises, from its `console` blocks. */
export type Step = { readonly command: string; readonly expected: readonly string[]; readonly line: number }

/** A line that begins with `$ ` is a command; what follows, up to the next one, is its output, where `…` stands for anything. */
export function stepsOf(markdown: string): Step[] {
  const steps: { command: string; expected: string[]; line: number }[] = []
  let inConsole = false
  for (const [index, raw] of markdown.split('\n').entries()) {
    const text = raw.trim()
    if (text.startsWith('```')) inConsole = text === '```console'
    else if (inConsole && text.startsWith('$ ')) steps.push({ command: text.slice(2), expected: [], line: index + 1 })
    else if (inConsole) steps.at(-1)?.expected.push(text)
  }
  return steps
}

export function patternOf(expected: readonly string[]): RegExp {
  const literal = expected.map((line) => line.split('…').map(escaped).join('[\\s\\S]*')).join('\\s*\\n\\s*')
  return new RegExp(`^\\s*${literal}\\s*$`)
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
