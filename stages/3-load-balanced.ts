import { ALL_MODULES, app, bank, loadBalancer, mysql, stage } from '../infra/stage/topology.ts'

const cards = bank('bank')
const database = mysql('db')
const shop = app('app', { copies: 3, modules: ALL_MODULES, data: database, bank: cards })

export default stage('3-load-balanced', {
  adds: 'Three copies of the shop behind a load balancer; sessions move from process memory to MySQL.',
  settings: { sessions: 'mysql', cache: 'none', checkout: 'transaction' },
  entry: loadBalancer('edge', { to: shop }),
})
