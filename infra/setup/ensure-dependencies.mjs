/**
 * Comes before every command: installs the packages that package-lock.json names, and Node 24, when they are not there. It
 * runs on any Node from 20 on, before anything is installed, so it is plain JavaScript that uses Node's own modules only;
 * what the usual case does not need is loaded late, as every command waits for this.
 */
import { createHash } from 'node:crypto'
import { accessSync, constants, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url))
const LOCKFILE = join(CHECKOUT, 'package-lock.json')
const MODULES = join(CHECKOUT, 'node_modules')
const STAMP = join(MODULES, '.outgrow-installed')
/** What the package `node` fetches. It is found by its path: npm's own way, by PATH, fails in a folder with a colon in its name. */
const NODE_24 = join(MODULES, 'node/bin', process.platform === 'win32' ? 'node.exe' : 'node')
const OLDEST_NODE = 20
const OWN_NODE = 24
/** A slow network takes minutes; without an end a start would wait for ever. */
const INSTALL_DEADLINE_MS = 15 * 60_000
const PROGRESS_EVERY_MS = 15_000
/** Said outright, because a command like `npm start --json` or NODE_ENV=production hands its own settings down to here. */
const NPM_OPTIONS = [
  '--include=dev',
  '--include=optional',
  '--no-dry-run',
  '--no-json',
  '--no-audit',
  '--no-fund',
  '--loglevel=error',
]

/** Answers the program of Node 24 that has to do the work; undefined when it is the one that runs this. */
export async function ensureDependencies() {
  checkNode()
  if (!isStamped() || !hasNode()) await installOnce()
  return isNode24() ? undefined : NODE_24
}

function checkNode() {
  if (major() >= OLDEST_NODE) return
  throw new Error(`Outgrow needs Node ${OLDEST_NODE} or newer to install itself; this is Node ${process.versions.node}`)
}

function major() {
  return Number.parseInt(process.versions.node, 10)
}

function isNode24() {
  return major() === OWN_NODE
}

function hasNode() {
  return isNode24() || existsSync(NODE_24)
}

function isStamped() {
  return existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted()
}

/** Packages hold programs for one platform, so a checkout that was copied to another one counts as not installed. */
function wanted() {
  return `${lockHash()} ${process.platform} ${process.arch}\n`
}

export function lockHash() {
  return createHash('sha256').update(readFileSync(LOCKFILE)).digest('hex')
}

async function installOnce() {
  const { withFileLock } = await import('./file-lock.mjs')
  const onWait = (pid) => console.error(`npm ci: waiting for process ${pid}, which is installing packages …`)
  const options = { deadlineMs: INSTALL_DEADLINE_MS + 60_000, onWait }
  await withFileLock(join(CHECKOUT, '.outgrow/npm-ci.lock'), options, async () => {
    // Another start may have done it while this one waited.
    if (!isStamped()) {
      if (!isInstalled() && !(await takeModules())) await install()
      writeFileSync(STAMP, wanted())
    }
    if (!hasNode()) await fetchNode()
  })
}

/** npm writes down what it installed when it has finished; somebody may have run `npm ci` or `npm install` by hand. */
function isInstalled() {
  try {
    const { packages: lock } = JSON.parse(readFileSync(LOCKFILE, 'utf8'))
    const { packages: installed } = JSON.parse(readFileSync(join(MODULES, '.package-lock.json'), 'utf8'))
    const names = Object.keys(lock).filter((name) => name !== '')
    const complete = names.every((name) =>
      name in installed ? installed[name].version === lock[name].version : lock[name].optional,
    )
    return complete && Object.keys(installed).every((name) => name in lock)
  } catch {
    return false
  }
}

/** Answers whether there is a kit that has them. */
async function takeModules() {
  const { openKit, takeFromKit } = await import('./kit.mjs')
  const kit = await openKit(CHECKOUT)
  if (kit === undefined) return false
  if (kit.lock !== lockHash())
    throw new Error(
      `the kit ${kit.place} is of another version of Outgrow: package-lock.json differs; make it anew: npm run prefetch`,
    )
  console.error(`unpacking the packages in ${kit.place} …`)
  await takeFromKit(kit, 'node_modules', MODULES)
  return true
}

async function install() {
  const startedAt = Date.now()
  const seconds = () => Math.round((Date.now() - startedAt) / 1000)
  console.error('npm ci: installing packages, about a minute …')
  const timer = setInterval(() => console.error(`npm ci: still installing, ${seconds()} s`), PROGRESS_EVERY_MS)
  try {
    await runNpmCi()
  } finally {
    clearInterval(timer)
  }
  console.error(`npm ci: packages installed in ${seconds()} s`)
}

async function runNpmCi() {
  const { command, args } = npm()
  const { status, output } = await runToEnd(command, [...args, 'ci', ...NPM_OPTIONS, ...cacheOption()], CHECKOUT)
  if (status !== 0) throw new Error(`npm ci failed: ${reasonIn(output)}`)
}

/** Where installation scripts are switched off, as many do, npm has left this one undone: it fetches one package, which has none. */
export async function fetchNode() {
  if (existsSync(NODE_24)) return
  console.error(`fetching Node ${OWN_NODE} …`)
  const { output } = await runToEnd(process.execPath, ['installArchSpecificPackage.js'], join(MODULES, 'node'))
  if (existsSync(NODE_24)) return
  throw new Error(
    `Outgrow runs on Node ${OWN_NODE}, this is Node ${process.versions.node}, and npm fetched no other: ${reasonIn(output)}`,
  )
}

async function runToEnd(command, args, cwd) {
  const { spawn } = await import('node:child_process')
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output = (output + text).slice(-20_000)
    })
  }
  let late = false
  const timer = setTimeout(() => {
    late = true
    child.kill('SIGKILL')
  }, INSTALL_DEADLINE_MS)
  try {
    const status = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve))
    if (late) throw new Error(`npm did not end within ${INSTALL_DEADLINE_MS / 60_000} minutes`)
    return { status, output }
  } catch (error) {
    throw error.code === 'ENOENT' ? new Error(`${command}, which installs the packages, is not on the PATH`) : error
  } finally {
    clearTimeout(timer)
  }
}

/** The npm that runs this script, else the one on the PATH. */
function npm() {
  const running = process.env.npm_execpath ?? ''
  return /npm-cli\.[cm]?js$/.test(running) ? { command: process.execPath, args: [running] } : { command: 'npm', args: [] }
}

/** npm keeps its cache in the home folder; where there is none that can be written, the checkout has to do. */
function cacheOption() {
  const cache = process.env.npm_config_cache || join(process.env.HOME || '/nonexistent', '.npm')
  return isWritable(cache) ? [] : [`--cache=${join(CHECKOUT, '.outgrow/npm-cache')}`]
}

function isWritable(folder) {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch (error) {
    return error.code === 'ENOENT' && dirname(folder) !== folder && isWritable(dirname(folder))
  }
}

/** npm says the reason first and where its log is last. */
function reasonIn(output) {
  const lines = output.trim().split('\n')
  const errors = lines.filter((line) => /^npm (error|ERR!) ./.test(line) && !/complete log|^npm \S+\s+at /.test(line))
  const quoted = errors.length > 0 ? errors.slice(0, 6) : lines.slice(-3)
  return quoted.map((line) => line.replace(/^npm (error|ERR!) /, '').trim()).join('; ')
}
