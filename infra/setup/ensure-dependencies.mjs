/**
 * Runs before every npm command: installs the packages that package-lock.json names when they are not there. It runs on
 * any Node from 20 on, before anything is installed, so it is plain JavaScript that uses Node's own modules only; what the
 * usual case does not need is loaded late, as every command waits for this.
 */
import { createHash } from 'node:crypto'
import { accessSync, constants, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url))
const LOCKFILE = join(CHECKOUT, 'package-lock.json')
const MODULES = join(CHECKOUT, 'node_modules')
const STAMP = join(MODULES, '.outgrow-installed')
const OLDEST_NODE = 20
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

try {
  checkNode()
  if (!isStamped()) await installOnce()
} catch (error) {
  console.error(`error: ${error.message}`)
  process.exitCode = 1
}

function checkNode() {
  if (Number.parseInt(process.versions.node, 10) >= OLDEST_NODE) return
  throw new Error(`Outgrow needs Node ${OLDEST_NODE} or newer to install itself; this is Node ${process.versions.node}`)
}

function isStamped() {
  return existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted()
}

/** Packages hold programs for one platform, so a checkout that was copied to another one counts as not installed. */
function wanted() {
  const hash = createHash('sha256').update(readFileSync(LOCKFILE)).digest('hex')
  return `${hash} ${process.platform} ${process.arch}\n`
}

async function installOnce() {
  const { withFileLock } = await import('./file-lock.mjs')
  const onWait = (pid) => console.error(`npm ci: waiting for process ${pid}, which is installing packages …`)
  const options = { deadlineMs: INSTALL_DEADLINE_MS + 60_000, onWait }
  await withFileLock(join(CHECKOUT, '.outgrow/npm-ci.lock'), options, async () => {
    // Another start may have installed them while this one waited.
    if (isStamped()) return
    if (!isInstalled()) await install()
    writeFileSync(STAMP, wanted())
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
    return complete && Object.keys(installed).every((name) => name in lock) && hasNode()
  } catch {
    return false
  }
}

/** The package `node` gets its program from an installation script. */
function hasNode() {
  return existsSync(join(MODULES, '.bin', process.platform === 'win32' ? 'node.cmd' : 'node'))
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
  if (!hasNode())
    throw new Error('npm ci left out the program of the package "node": allow installation scripts (npm config ignore-scripts)')
  console.error(`npm ci: packages installed in ${seconds()} s`)
}

async function runNpmCi() {
  const { spawn } = await import('node:child_process')
  const { command, args } = npm()
  const child = spawn(command, [...args, 'ci', ...NPM_OPTIONS, ...cacheOption()], {
    cwd: CHECKOUT,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
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
  const status = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve))
  clearTimeout(timer)
  if (late) throw new Error(`npm ci did not end within ${INSTALL_DEADLINE_MS / 60_000} minutes`)
  if (status !== 0) throw new Error(`npm ci failed: ${reasonIn(output)}`)
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
