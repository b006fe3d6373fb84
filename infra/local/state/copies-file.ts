import { writeAtomically } from '../../process/atomic-file.ts'
import type { CopiesDocument } from '../../stage/copies-document.ts'
import { appsOf, type Plan } from '../../stage/plan.ts'
import { httpUrlOf } from './database-url.ts'

export function writeCopies(file: string, plan: Plan): void {
  writeAtomically(file, `${JSON.stringify(copiesIn(plan))}\n`, { survivesPowerCut: false })
}

function copiesIn(plan: Plan): CopiesDocument {
  const byService = Map.groupBy(appsOf(plan), ({ service }) => service)
  const places = [...byService].map(
    ([service, apps]) => [service, apps.map(({ name }) => ({ name, url: httpUrlOf(plan, name) }))] as const,
  )
  return Object.fromEntries(places)
}
