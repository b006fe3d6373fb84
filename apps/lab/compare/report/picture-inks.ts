import type { Page } from 'playwright-core'

export type Area = {
  readonly name: string
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}
export type Inks = {
  readonly name: string
  /** Colours that fill a part of the area worth mentioning. */
  readonly colors: number
  /** Part of the area that is not its commonest colour. */
  readonly inkShare: number
}

/** Counts what is to be seen in areas of a screenshot. `page` is a blank one: its canvas does the decoding. */
export function inksOf(page: Page, png: Buffer, areas: readonly Area[]): Promise<Inks[]> {
  return page.evaluate<Inks[]>(`(${COUNT})('data:image/png;base64,${png.toString('base64')}', ${JSON.stringify(areas)})`)
}

/** Runs in the browser. Nearly the same colours count as one, so that smooth edges do not make a blank picture colourful. */
const COUNT = `async (url, areas) => {
  const image = new Image()
  image.src = url
  await image.decode()
  const canvas = new OffscreenCanvas(image.width, image.height)
  const context = canvas.getContext('2d', { willReadFrequently: true })
  context.drawImage(image, 0, 0)
  return areas.map(({ name, x, y, width, height }) => {
    const { data } = context.getImageData(x, y, width, height)
    const counts = new Map()
    for (let at = 0; at < data.length; at += 4) {
      const color = (data[at] >> 4) * 256 + (data[at + 1] >> 4) * 16 + (data[at + 2] >> 4)
      counts.set(color, (counts.get(color) ?? 0) + 1)
    }
    const pixels = data.length / 4
    const colors = [...counts.values()].filter((count) => count > pixels / 5000).length
    return { name, colors, inkShare: 1 - Math.max(...counts.values()) / pixels }
  })
}`
