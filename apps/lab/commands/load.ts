import type { StageState } from '../../../infra/local/state/stage-state.ts'
import { locateServer } from '../../../infra/servers/locate-server.ts'
import { loadSettings } from '../../../loadtests/settings.ts'
import { WORKLOADS } from '../../../loadtests/workloads.ts'
import { type LoadRequest, parseLoadRequest, USAGE } from '../load/request.ts'
import { resultText } from '../load/result-text.ts'
import { runLoad } from '../load/run-load.ts'
import { type Command, say } from '../runner/command.ts'
import { interruptible } from '../runner/interruption.ts'
import { reportFolder } from '../runner/report-folder.ts'
import { inRuntime } from '../runner/stage-in-runtime.ts'

export const loadCommand: Command = {
  summary: `puts one k6 load on one stage and checks the invariants: ${Object.keys(WORKLOADS).join(', ')}`,
  usage: USAGE,
  async run(args) {
    const request = parseLoadRequest(args)
    return inRuntime(request, (stage) => loadStage(request, stage()))
  },
}

/** Answers the exit status. */
async function loadStage(request: LoadRequest, state: StageState): Promise<number> {
  const k6 = await locateServer('k6', { onProgress: say })
  const folder = await reportFolder(`load-${state.stage}-${request.workload}`)
  const interruption = interruptible(() => say('ending the load …'))
  try {
    say(announcement(request, state.name))
    const result = await runLoad({
      state,
      workload: request.workload,
      env: request.env,
      k6,
      folder,
      signal: interruption.signal,
    })
    process.stdout.write(request.json ? `${JSON.stringify(result)}\n` : `${resultText(result)}\n`)
    return result.ok ? 0 : 1
  } finally {
    interruption.done()
  }
}

function announcement({ workload, env }: LoadRequest, stage: string): string {
  const { warmUpS, durationS } = loadSettings(env, WORKLOADS[workload])
  if (workload === 'smoke') return `smoke on stage ${stage} …`
  return `${workload} on stage ${stage}: ${warmUpS + durationS} s of load, and a few around it; Ctrl-C ends it early …`
}
