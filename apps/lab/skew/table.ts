import { DEFAULT_SIZE_CPU } from '../../../infra/local/hosts/size.ts'
import type { SkewResults, SkewRow } from './results.ts'

/** For a lesson. */
export function markdownTables(results: SkewResults): string {
  const { customer, product } = results
  return [
    ...markdown(CUSTOMER_HEAD, [customer.alike, customer.hot, customer.alone].map(customerCells)),
    '',
    ...markdown(PRODUCT_HEAD, [product.alike, product.onOne, product.onAll].map(productCells)),
    '',
    `${legendOf(results)} Measured by \`npm run lab -- skew\`.`,
  ].join('\n')
}

/** For a terminal of 80 columns. */
export function terminalTables(results: SkewResults): string {
  const { customer, product } = results
  return [
    ...terminal(CUSTOMER_HEAD, [customer.alike, customer.hot, customer.alone].map(customerCells)),
    '',
    ...terminal(PRODUCT_HEAD, [product.alike, product.onOne, product.onAll].map(productCells)),
    '',
    ...wrapped(legendOf(results)),
  ].join('\n')
}

const CUSTOMER_HEAD = ['who orders', 'busiest', 'asked', 'CPU', 'ms', 'lets in']
const PRODUCT_HEAD = ['what is ordered', 'orders', 'p50', 'p95', 'rows']
const COLUMNS = 80
const CELL_WIDTH = 8

function customerCells({ name, busiest }: SkewRow): string[] {
  const { server, requestShare, cpuShare, cpuMsPerOrder } = busiest
  return [name, server, percent(requestShare), percent(cpuShare), cpuMsPerOrder.toFixed(2), rate(allowed(cpuMsPerOrder))]
}

/** By the law: what a host of the usual size can do of what an order takes there. */
function allowed(cpuMsPerOrder: number): number {
  return (1_000 * DEFAULT_SIZE_CPU) / cpuMsPerOrder
}

function productCells({ name, ordersPerS, p50Ms, p95Ms, rowWaitMsPerOrder }: SkewRow): string[] {
  return [name, rate(ordersPerS), ...[p50Ms, p95Ms].map((ms) => ms.toFixed(0)), rowWaitMsPerOrder.toFixed(1)]
}

function legendOf({ customers, secondsEach, hotShare, takesPerS }: SkewResults): string {
  return [
    `${customers} customers, the busy one with ${percent(hotShare)} of all orders; ${secondsEach} s each, 16 at a time, hosts without a size.`,
    'Of the busiest server of customers: its share of what is asked and of the CPU of all of them, CPU milliseconds an order,',
    `and the orders a second that a host of ${DEFAULT_SIZE_CPU} CPU would let in at that.`,
    'Of products: orders a second, their p50 and p95 and what they waited for rows of the catalogue, in milliseconds.',
    `The catalogue asked by nothing else lets ${rate(takesPerS.one)} orders a second take from one row, and ${rate(takesPerS.many)} from a thousand.`,
  ].join(' ')
}

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), `|---|${'---:|'.repeat(head.length - 1)}`, ...rows.map(line)]
}

function terminal(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const name = COLUMNS - CELL_WIDTH * (head.length - 1)
  return [head, ...rows].map(([first = '', ...cells]) => {
    return first.padEnd(name) + cells.map((cell) => cell.padStart(CELL_WIDTH)).join('')
  })
}

function wrapped(text: string): string[] {
  const lines = ['']
  for (const word of text.split(' ')) {
    const longer = `${lines.at(-1)} ${word}`.trim()
    if (longer.length <= COLUMNS) lines[lines.length - 1] = longer
    else lines.push(word)
  }
  return lines
}

function rate(value: number): string {
  return value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en-US')
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`
}
