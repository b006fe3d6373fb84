import type { StageState } from '../../../infra/local/state/stage-state.ts'
import { type ReshardRequest, reshardRequest, USAGE } from '../reshard/request.ts'
import { type Command, CommandError } from '../runner/command.ts'
import { runningStage } from '../runner/running-stage.ts'

export const reshardCommand: Command = {
  summary: 'moves buckets of customers, or slots of a Redis Cluster, between the servers of a stage while its shop is open',
  usage: USAGE,
  async run(args) {
    const request = reshardRequest(args)
    const stage = await runningStage(request.stage)
    process.stdout.write(await carryOut(request, stage))
    return 0
  },
}

/** With all of the drivers: not for somebody who asks how it is called. */
async function carryOut(request: ReshardRequest, stage: StageState): Promise<string> {
  if (request.kind === 'slots') return (await import('../reshard/slots.ts')).moveRedisSlots(stage, request)
  const { placeOf } = await import('../reshard/place.ts')
  const place = await placeOf(stage, request.stage)
  const { add, remove } = await import('../reshard/whole-shards.ts')
  if (request.kind === 'add') return add(place, stage, request)
  if (request.kind === 'remove') return remove(place, stage, request)
  const { rebalance } = await import('../reshard/many-buckets.ts')
  if (request.kind === 'rebalance') return rebalance(place, request.isDry)
  const { back, finish, moveTo, stepsTo } = await import('../reshard/one-bucket.ts')
  const one = { ...place, bucket: request.bucket }
  if (request.kind === 'to') return request.isDry ? stepsTo(one, request.to) : moveTo(one, request.to)
  if (request.isDry) throw new CommandError('--dry-run is for moves to a server')
  return request.kind === 'back' ? back(one) : finish(one)
}
