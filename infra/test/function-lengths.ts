import { parseSync } from 'vite'

export type FunctionLength = { readonly name: string; readonly file: string; readonly lines: number }

type Node = { type: string; start: number; end: number; id?: { name?: string } | null } & Record<string, unknown>

/** Every function with a body of its own; arrows that are one expression count too. Length is in lines, from name to brace. */
export function functionsOf(file: string, code: string): FunctionLength[] {
  const found: FunctionLength[] = []
  const lineOf = lineCounter(code)
  visit(parseSync(file, code).program as unknown as Node, (node) => {
    if (!/^(?:FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type)) return
    const lines = lineOf(node.end) - lineOf(node.start) + 1
    found.push({ name: node.id?.name ?? `line ${lineOf(node.start)}`, file, lines })
  })
  return found
}

function lineCounter(code: string): (offset: number) => number {
  const ends = [...code.matchAll(/\n/g)].map(({ index }) => index)
  return (offset) => 1 + ends.filter((end) => end < offset).length
}

function visit(node: Node, see: (node: Node) => void): void {
  see(node)
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) visit(child, see)
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}
