import path from 'node:path'
import type { Plan } from '../../stage/plan.ts'
import { stageFiles } from '../state/data-folder.ts'
import { secretsIn } from '../state/secrets.ts'
import type { StageContext } from './stage-context.ts'

/** For tests that lay out a stage and start nothing: its files and secrets are below `root`. */
export function contextIn(root: string, plan: Plan): StageContext {
  return {
    plan,
    files: stageFiles(plan.name, root),
    secrets: secretsIn(path.join(root, 'secrets.json')),
    onProgress() {},
    onSeed() {},
    storesPrepared: async () => {},
    signal: new AbortController().signal,
  }
}
