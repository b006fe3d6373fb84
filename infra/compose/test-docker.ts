import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { vi } from 'vitest'
import { testFolder } from '../process/test-folder.ts'

/** A `docker` that notes what it is asked and answers each word with what stands for it in a file that may change. Its `events` never come. */
export function answeringDocker(answers: Readonly<Record<string, string>>) {
  const folder = testFolder()
  const file = (name: string) => path.join(folder, name)
  const answer = (word: string, text: string) => writeFileSync(file(`${word}.answer`), text)
  for (const [word, text] of Object.entries(answers)) answer(word, text)
  writeFileSync(file('asked'), '')
  writeFileSync(file('docker'), SCRIPT, { mode: 0o755 })
  vi.stubEnv('PATH', folder)
  return { answer, asked: () => readFileSync(file('asked'), 'utf8').split('\n').filter(Boolean) }
}

const SCRIPT = `#!/bin/sh
folder=\${0%/*}
echo "$*" >> "$folder/asked"
[ "$1" != events ] || exec /bin/sleep 600
[ ! -f "$folder/$1.answer" ] || exec /bin/cat "$folder/$1.answer"
`
