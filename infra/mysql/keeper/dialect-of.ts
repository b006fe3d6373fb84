import type { Flavour } from '../../servers/server-program.ts'
import type { Dialect } from './dialect.ts'
import { mariadbDialect } from './mariadb.ts'
import { mysqlDialect } from './mysql.ts'

export function dialectOf(flavour: Flavour, version: string): Dialect {
  return flavour === 'mariadb' ? mariadbDialect() : mysqlDialect(version)
}
