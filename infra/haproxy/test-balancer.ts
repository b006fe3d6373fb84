/** HAProxy in front of three stubs, for tests. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { freePortBase } from '../local/run/free-port-base.ts'
import { type Answer, httpCall } from '../process/http-call.ts'
import { until } from '../process/until.ts'
import { locateServer } from '../servers/locate-server.ts'
import type { ServerProgram } from '../servers/server-program.ts'
import { loadStage } from '../stage/catalogue.ts'
import { type HaproxyProgram, type Plan, planOf } from '../stage/plan.ts'
import { errorFiles, haproxyConfig } from './config.ts'

export const SOON = { withinMs: 15_000, everyMs: 50, complaint: 'it did not come about' }
export const APPS = ['app-1', 'app-2', 'app-3']

const ANSWER_WITHIN_MS = 60_000

/** Files of a balancer, and the programs that use them. */
export class TestBalancer {
  readonly plan: Plan
  readonly #haproxy: ServerProgram
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'outgrow-haproxy-'))
  readonly #children = new Map<string, ChildProcess>()
  readonly #agent = new Agent({ keepAlive: true })

  constructor(plan: Plan, haproxy: ServerProgram) {
    this.plan = plan
    this.#haproxy = haproxy
    for (const [name, text] of errorFiles({ name: 'edge' })) writeFileSync(path.join(this.#folder, name), text)
  }

  /** Throws what HAProxy has against the configuration of a plan. */
  check(plan: Plan): void {
    const { path: program, args, env } = this.#haproxy
    execFileSync(program, [...args, '-c', '-f', this.#writeConfig(plan, 'checked.cfg')], { env, stdio: 'pipe' })
  }

  /** Returns once every stub has answered through the balancer. */
  async start(): Promise<void> {
    for (const name of APPS) this.startApp(name)
    const { path: program, args, env } = this.#haproxy
    this.#run('edge', program, [...args, '-db', '-f', this.#writeConfig(this.plan, 'haproxy.cfg')], env)
    const seen = new Set<string>()
    await until(async () => seen.add((await this.ask('GET', 'warm')).text) && APPS.every((name) => seen.has(name)), SOON)
  }

  stop(): void {
    this.#agent.destroy()
    for (const child of this.#children.values()) child.kill('SIGKILL')
    rmSync(this.#folder, { recursive: true })
  }

  startApp(name: string): void {
    const port = this.plan.programs.find((program) => program.name === name)?.port
    const stub = path.join(import.meta.dirname, 'stub-app.ts')
    this.#run(name, process.execPath, [stub, name, String(port), this.#seenBy(name)], {})
  }

  signal(name: string, signal: NodeJS.Signals): void {
    this.#children.get(name)?.kill(signal)
  }

  exitCode(name: string): number | null | undefined {
    return this.#children.get(name)?.exitCode
  }

  /** A request that breaks off has the status 0. */
  ask(method: string, id: string, headers: Record<string, string> = {}): Promise<Answer> {
    const call = { method, headers: { id, ...headers }, agent: this.#agent, timeoutMs: ANSWER_WITHIN_MS }
    return httpCall(`${this.plan.url}/`, call).catch(() => ({ status: 0, headers: {}, text: '' }))
  }

  /** What reached an app of requests whose id begins so; the id and a blank for one alone. */
  linesOf(name: string, start: string): string[] {
    if (!existsSync(this.#seenBy(name))) return []
    const lines = readFileSync(this.#seenBy(name), 'utf8').split('\n')
    return lines.filter((line) => line.slice(line.indexOf(' ') + 1).startsWith(start))
  }

  linesWith(id: string): string[] {
    return APPS.flatMap((name) => this.linesOf(name, `${id} `))
  }

  /** How often each app was taken out, by the balancer's own count. */
  downs(): number[] {
    const script = `const socket = require('node:net').connect(process.argv[1], () => socket.end('show stat\\n')); socket.pipe(process.stdout)`
    const socket = path.join(this.#folder, 'haproxy.sock')
    const [header = '', ...rows] = execFileSync(process.execPath, ['-e', script, socket], { encoding: 'utf8' }).split('\n')
    const column = header.split(',').indexOf('chkdown')
    return rows.map((row) => row.split(',')).flatMap((row) => (APPS.includes(row[1] ?? '') ? [Number(row[column])] : []))
  }

  #run(name: string, program: string, args: readonly string[], env: Readonly<Record<string, string>>): void {
    this.#children.set(name, spawn(program, args, { env, stdio: 'ignore' }))
  }

  #seenBy(name: string): string {
    return path.join(this.#folder, `${name}.seen`)
  }

  #writeConfig(of: Plan, name: string): string {
    const file = path.join(this.#folder, name)
    const edge = of.programs.find((program): program is HaproxyProgram => program.kind === 'haproxy')
    if (edge) writeFileSync(file, haproxyConfig(of, edge, { folder: this.#folder, proxyKey: 'key' }))
    return file
  }
}

/** Of stage 3, on ports of its own. Fetches HAProxy where there is none. */
export async function testBalancer(): Promise<TestBalancer> {
  const haproxy = await locateServer('haproxy')
  return new TestBalancer(planOf(await loadStage('3'), { portBase: await freePortBase() }), haproxy)
}
