/**
 * Runs inside the page of a report; its value is what is wrong with how the page is laid out, one line for each finding.
 * A text may be a pixel outside or over another one: that is how fonts are measured, and nobody sees it.
 */
const SLACK = 1

const seen = (box) => box.width > 0 && box.height > 0
const boxesOf = (svg) =>
  [...svg.querySelectorAll('text')]
    .map((text) => ({ text: text.textContent, box: text.getBoundingClientRect() }))
    .filter(({ box }) => seen(box))

const isInside = (inner, outer) =>
  inner.left >= outer.left - SLACK &&
  inner.right <= outer.right + SLACK &&
  inner.top >= outer.top - SLACK &&
  inner.bottom <= outer.bottom + SLACK

const overlap = (one, other) =>
  Math.min(one.right, other.right) - Math.max(one.left, other.left) > SLACK &&
  Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > SLACK

const overlaps = (texts) =>
  texts.flatMap((one, index) =>
    texts
      .slice(index + 1)
      .filter((other) => overlap(one.box, other.box))
      .map((other) => `"${one.text}" and "${other.text}" overlap`),
  )

/** WCAG's contrast of two colours, from 1 to 21. */
const contrast = (one, other) => {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a)
  return (light + 0.05) / (dark + 0.05)
}

const luminance = (color) => {
  const [red, green, blue] = color.match(/[\d.]+/g).map((part) => {
    const value = Number(part) / 255
    return value <= 0.04 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

const backgroundOf = (element) => {
  const { backgroundColor } = getComputedStyle(element)
  const isClear = backgroundColor === 'rgba(0, 0, 0, 0)'
  return isClear && element.parentElement ? backgroundOf(element.parentElement) : backgroundColor
}

const LEAST_CONTRAST = 4.5
const faintTexts = () =>
  [...document.querySelectorAll('h1, h2, h3, p, li, td, th, dt, dd, pre, caption, strong, em, span:not(.swatch)')]
    .filter((element) => contrast(getComputedStyle(element).color, backgroundOf(element)) < LEAST_CONTRAST)
    .map((element) => `"${element.textContent.slice(0, 40)}" is hard to read`)

const chartFindings = (svg) => {
  const outer = svg.getBoundingClientRect()
  if (!seen(outer)) return []
  const texts = boxesOf(svg)
  const clipped = texts.filter(({ box }) => !isInside(box, outer)).map(({ text }) => `"${text}" is cut`)
  const unnamed = svg.getAttribute('aria-label') ? [] : ['has no accessible name']
  const textless = texts.length === 0 ? ['has no text'] : []
  const name = svg.getAttribute('aria-label')?.slice(0, 40)
  return [...clipped, ...overlaps(texts), ...unnamed, ...textless].map((finding) => `${name}: ${finding}`)
}

const pageFindings = () => {
  const { scrollWidth, clientWidth } = document.documentElement
  const wide = scrollWidth > clientWidth ? [`the page scrolls sideways: ${scrollWidth} in ${clientWidth}`] : []
  const unscoped = document.querySelectorAll('th:not([scope])').length
  return [...wide, ...(unscoped > 0 ? [`${unscoped} table heads without scope`] : []), ...faintTexts()]
}

;[...pageFindings(), ...[...document.querySelectorAll('svg')].flatMap(chartFindings)]
