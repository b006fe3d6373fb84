import { bootstrapOf, partIn } from '../../local/launch/mysql.ts'
import { storeOfServer } from '../../local/state/database-url.ts'
import { databasePassword } from '../../local/state/secrets.ts'
import { bootstrapStatements } from '../../mysql/bootstrap.ts'
import { initializeOptions } from '../../mysql/data-folder.ts'
import { temporaryFolder } from '../../mysql/options.ts'
import { mysqldOptions } from '../../mysql/server.ts'
import { listenAddress } from '../../stage/address.ts'
import type { MysqlProgram } from '../../stage/plan.ts'
import { MYSQL_DATA, STAGE } from '../places.ts'
import type { ComposeContext, ProgramFiles } from '../program-files.ts'
import { becoming, quoted, script } from './script.ts'

const FOLDER = `${MYSQL_DATA}/data`
const UNFINISHED = `${MYSQL_DATA}/unfinished`

export function mysqlFiles(program: MysqlProgram, context: ComposeContext): ProgramFiles {
  const bootstrap = { ...bootstrapOf(program, context.secrets), from: '%' }
  return {
    'bootstrap.sql': `${bootstrapStatements('mysql', bootstrap).join('\n')}\n`,
    start: start(program, context),
    health: health(program, context),
  }
}

function start(program: MysqlProgram, { plan }: ComposeContext): string {
  const { name, port } = program
  const options = mysqldOptions('mysql', { folder: FOLDER, port, listenOn: listenAddress(plan), ...partIn(plan, program) })
  return script(
    'Makes the data folder at the first start, all or nothing, and becomes the server.',
    `mkdir -p ${temporaryFolder(FOLDER)}`,
    `if [ ! -d ${FOLDER} ]; then`,
    `  rm -rf ${UNFINISHED}`,
    `  mkdir -p ${UNFINISHED} ${temporaryFolder(UNFINISHED)}`,
    `  ${mysqld(initializeOptions(UNFINISHED, `${STAGE}/${name}/bootstrap.sql`))
      .map(quoted)
      .join(' ')}`,
    `  mv ${UNFINISHED} ${FOLDER}`,
    'fi',
    ...becoming({ path: 'mysqld', args: mysqld(options).slice(1), env: {} }),
  )
}

/** Nothing that the image brings changes what a stage's page says. */
function mysqld(options: readonly string[]): string[] {
  return ['mysqld', '--no-defaults', ...options]
}

/** Logs in as the shop and runs one statement. */
function health(program: MysqlProgram, { secrets }: ComposeContext): string {
  const { port } = program
  const MYSQL_PWD = databasePassword(secrets, storeOfServer(program))
  const place = ['--host=127.0.0.1', `--port=${port}`, '--protocol=TCP', '--ssl-mode=DISABLED', '--get-server-public-key']
  const args = ['--no-defaults', ...place, '--user=shop', '--connect-timeout=2', '--execute=DO 1', 'shop']
  return script('May the shop log in?', ...becoming({ path: 'mysql', args, env: { MYSQL_PWD } }))
}
