import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { SERVER_KINDS } from './server-program.ts'
import { programInTree } from './unpacked-tree.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'outgrow-tree-test-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

async function unpack(...files: string[]): Promise<void> {
  for (const file of files) {
    await mkdir(dirname(join(root, file)), { recursive: true })
    await writeFile(join(root, file), '')
  }
}

test('libraries come from the tree, plugins are none', async () => {
  await unpack(
    'usr/sbin/haproxy',
    'usr/lib/x86_64-linux-gnu/liblua5.3.so.0',
    'lib/x86_64-linux-gnu/libpcre.so.3',
    'usr/lib/mysql/plugin/libx.so',
  )
  const program = await programInTree(SERVER_KINDS.haproxy, root)
  expect(program).toMatchObject({ path: join(root, 'usr/sbin/haproxy'), args: [] })
  const folders = program?.env.LD_LIBRARY_PATH?.split(':').sort()
  expect(folders).toEqual([join(root, 'lib/x86_64-linux-gnu'), join(root, 'usr/lib/x86_64-linux-gnu')])
})

test('a C library of the tree is used with the loader of the tree', async () => {
  await unpack('usr/sbin/haproxy', 'usr/lib/x86_64-linux-gnu/libc.so.6', 'usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2')
  const libraries = join(root, 'usr/lib/x86_64-linux-gnu')
  expect(await programInTree(SERVER_KINDS.haproxy, root)).toEqual({
    path: join(libraries, 'ld-linux-x86-64.so.2'),
    args: ['--library-path', libraries, join(root, 'usr/sbin/haproxy')],
    env: {},
  })
})

test.each(['mysql', 'mariadb', 'mysql-8.4'])('the database finds its files in share/%s', async (name) => {
  await unpack('usr/sbin/mariadbd', `usr/share/${name}/charsets/Index.xml`, 'usr/share/aaa/other')
  const program = await programInTree(SERVER_KINDS.mysql, root)
  expect(program?.args[0]).toBe('--no-defaults')
  expect(program?.args).toContain(`--lc-messages-dir=${join(root, 'usr/share', name)}`)
})

test('an empty tree holds no program', async () => {
  expect(await programInTree(SERVER_KINDS.mysql, root)).toBeUndefined()
})
