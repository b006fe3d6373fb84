/** Moving a bucket: what would lose a row, or give it to two servers. */
import { mutantsOf } from './mutant.ts'

const folder = 'apps/platform/moves'
const of = (name: string, faults: Parameters<typeof mutantsOf>[2], test = `${folder}/move-bucket.test.ts`) =>
  mutantsOf(`${folder}/${name}.ts`, test, faults)
const STORE_TEST = 'apps/platform/stores/bucketed-store.test.ts'

export const MOVE_MUTANTS = [
  ...of('queries', [
    [
      'const changes = {',
      "const changes = { insert: note('NEW'), update }",
      'rows that are deleted during a move come back with it',
    ],
  ]),
  ...of('cut-over', [
    ['const foreign =', 'const foreign: string[] = []', 'what somebody writes to the target after the comparison goes live'],
    ['if (foreign.length === 0 && !wasFenced)', '', 'what is written after the fence fell is taken for a difference'],
    ['const from = { epoch: epoch - 1,', 'const from = { epoch: epoch - 1 }', 'a bucket is switched though its fence was gone'],
  ]),
  ...of('compare', [
    [
      'for (const [name, row] of [...own, ...other])',
      'for (const [name, row] of own) {',
      'a row at the target alone is not seen',
    ],
  ]),
  ...of('fill', [['const guard =', "const guard = 'SELECT 1'", 'a mover that was replaced goes on filling']]),
  ...of('session', [
    ['if (Number(lock?.taken) !== 1)', '', 'two movers are at work on one server'],
    ['if (second < first)', '', 'two movers hold one server each, and one gives up'],
  ]),
  ...of(
    'go-back',
    [
      [
        'if (await arrow(target, bucket, { from: kept, to }))',
        'await arrow(target, bucket, { from: kept, to })',
        'a finished move leaves its rows for ever',
      ],
    ],
    `${folder}/go-back.test.ts`,
  ),
  ...mutantsOf('apps/lab/reshard/many-buckets.ts', 'apps/lab/reshard/refusals.test.ts', [
    ['await requireRoomForAll(place, steps)', '', 'a server is emptied half-way before it is seen that there is no room'],
  ]),
  ...mutantsOf('apps/platform/stores/owned-pool.ts', STORE_TEST, [
    ['if (!(await openIfLeft(', 'await sleep(ASK_AGAIN_MS)', 'where a mover dies the bucket takes no writes until the next'],
  ]),
  ...mutantsOf('apps/platform/stores/queries.ts', STORE_TEST, [
    ['const LEFT =', `const LEFT = "state IN ('fenced', 'ready')"`, 'a fence falls while the mover needs it'],
  ]),
]
