import { expect, test } from 'vitest'
import { replacePicture } from './picture-in-markdown.ts'

const PAGE = '# Lesson\n<!-- diagram -->\nold\n<!-- /diagram -->\nend\n'

test('puts the picture between the markers and leaves the rest alone', () => {
  expect(replacePicture(PAGE, '┌┐')).toBe('# Lesson\n<!-- diagram -->\n```text\n┌┐\n```\n<!-- /diagram -->\nend\n')
})

test('knows pictures by their names, and tells what they are written in', () => {
  const page = `${PAGE}<!-- saga -->\n<!-- /saga -->\n`
  const drawn = replacePicture(page, 'a --> b', { name: 'saga', language: 'mermaid' })
  expect(drawn).toBe(`${PAGE}<!-- saga -->\n\`\`\`mermaid\na --> b\n\`\`\`\n<!-- /saga -->\n`)
  expect(replacePicture(PAGE, 'a --> b', { name: 'saga' })).toBeUndefined()
})

test('the same picture again changes nothing', () => {
  const once = replacePicture(PAGE, '┌┐') ?? ''
  expect(replacePicture(once, '┌┐')).toBe(once)
})

test.each(['no markers', '<!-- diagram --> only', '<!-- /diagram --> before <!-- diagram -->'])(
  'finds no place in: %s',
  (page) => {
    expect(replacePicture(page, '┌┐')).toBeUndefined()
  },
)
