import type { Box } from './topology.ts'

/** Every box that these reach, dependencies first, each once. Throws one line where arrows lead back to where they began. */
export function boxesOf(...roots: readonly Box[]): Box[] {
  const found = new Set<Box>()
  const visit = (box: Box, way: readonly Box[]): void => {
    if (found.has(box)) return
    if (way.includes(box)) throw new Error(`the arrows go in a circle: ${circleOf(box, way)}`)
    for (const next of dependenciesOf(box)) visit(next, [...way, box])
    found.add(box)
  }
  for (const root of roots) visit(root, [])
  return [...found]
}

function circleOf(box: Box, way: readonly Box[]): string {
  return [...way.slice(way.indexOf(box)), box].map(({ name }) => name).join(' → ')
}

/** The boxes that this box has an arrow to. */
function dependenciesOf(box: Box): readonly Box[] {
  switch (box.kind) {
    case 'load-balancer':
      return [box.to]
    case 'app': {
      const optional = [box.cache, box.state, box.events, box.bank].filter((other) => other !== undefined)
      return [...new Set(Object.values(box.data)), ...optional, ...box.calls]
    }
    case 'consumers':
      return [box.data, box.events, box.state, ...box.calls]
    case 'gateway':
      return [...box.to, box.state]
    case 'failover':
      return [box.primary, ...box.replicas]
    case 'buckets':
      return box.on.flatMap(({ servers }) => servers)
    case 'mysql':
      return box.replicaOf ? [box.replicaOf] : []
    case 'redis':
    case 'redis-cluster':
    case 'bank':
      return []
  }
}
