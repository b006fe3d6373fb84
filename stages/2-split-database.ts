import { ALL_MODULES, app, bank, mysql, stage } from '../infra/stage/topology.ts'

const cards = bank('bank')
const database = mysql('db')
const shop = app('app', { modules: ALL_MODULES, data: database, bank: cards })

export default stage('2-split-database', {
  adds: 'The database gets a machine of its own, and the network between the two must be checked.',
  settings: { sessions: 'memory', cache: 'none', checkout: 'transaction' },
  entry: shop,
})
