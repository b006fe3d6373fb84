/** Runs a program out of a folder into which Debian packages were unpacked, with the libraries that lie beside it. */
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Invocation, ServerKind } from './server-program.ts'

/** Undefined when the folder holds no such program. */
export async function programInTree(kind: ServerKind, root: string): Promise<Invocation | undefined> {
  const binary = kind.binaries.flatMap((name) => [join(root, 'usr/sbin', name), join(root, 'usr/bin', name)]).find(existsSync)
  if (binary === undefined) return undefined
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => !entry.isDirectory())
  const args = [...kind.firstArgs, ...(kind.name === 'mysql' ? await mysqlPlaces(root) : [])]
  const libraries = [...new Set(files.filter(isLibrary).map((file) => file.parentPath))].join(':')
  const loaders = files.filter((file) => /^ld-linux.*\.so\.\d+$/.test(file.name))
  // A link to it may be one to the system's own.
  const loader = loaders.find((file) => file.isFile()) ?? loaders[0]
  // A C library among the packages works only with the dynamic loader that came with it.
  if (loader !== undefined) {
    return { path: join(loader.parentPath, loader.name), args: ['--library-path', libraries, binary, ...args], env: {} }
  }
  return { path: binary, args, env: libraries === '' ? {} : { LD_LIBRARY_PATH: libraries } }
}

function isLibrary({ name, parentPath }: { name: string; parentPath: string }): boolean {
  return /^lib.*\.so(\.|$)/.test(name) && !parentPath.includes('/plugin')
}

/** The server was built for /usr: it has to be told where its own files are now. */
async function mysqlPlaces(root: string): Promise<string[]> {
  const share = await shareFolder(join(root, 'usr/share'))
  return [
    `--basedir=${join(root, 'usr')}`,
    `--plugin-dir=${join(root, 'usr/lib/mysql/plugin')}`,
    `--lc-messages-dir=${share}`,
    `--character-sets-dir=${join(share, 'charsets')}`,
  ]
}

/** `mysql`, `mariadb` or `mysql-8.4`, as the distribution calls it. */
async function shareFolder(folder: string): Promise<string> {
  const names = await readdir(folder)
  const name = names.find((candidate) => existsSync(join(folder, candidate, 'charsets/Index.xml')))
  return join(folder, name ?? 'mysql')
}
