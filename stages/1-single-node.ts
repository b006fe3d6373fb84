import { ALL_MODULES, app, bank, host, mysql, stage } from '../infra/stage/topology.ts'

const cards = bank('bank')
const node = host('node')
const database = mysql('db', { on: node })
const shop = app('app', { on: node, modules: ALL_MODULES, data: database, bank: cards })

export default stage('1-single-node', {
  adds: 'One machine runs the shop and its database: one process to start, one place to look.',
  settings: { sessions: 'memory', cache: 'none', checkout: 'transaction' },
  entry: shop,
})
