import { expect, test } from 'vitest'
import { replacePicture } from './picture-in-markdown.ts'

const PAGE = '# Lesson\n<!-- diagram -->\nold\n<!-- /diagram -->\nend\n'

test('puts the picture between the markers and leaves the rest alone', () => {
  expect(replacePicture(PAGE, '┌┐')).toBe('# Lesson\n<!-- diagram -->\n```text\n┌┐\n```\n<!-- /diagram -->\nend\n')
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
