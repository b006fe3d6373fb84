import { expect, test } from 'vitest'
import { bootstrapStatements } from './bootstrap.ts'

test('names and passwords cannot leave their quotes', () => {
  const statements = bootstrapStatements('mariadb', { database: 'my_shop', user: "o'shop", password: "a\\'b" })
  expect(statements[1]).toBe("CREATE USER 'o''shop'@'127.%' IDENTIFIED BY 'a\\\\''b';")
  expect(statements[2]).toBe("GRANT ALL ON `my\\_shop`.* TO 'o''shop'@'127.%';")
})

test('what would break the one-line form is refused', () => {
  expect(() => bootstrapStatements('mariadb', { database: 'shop', user: 'shop', password: 'a\nb' })).toThrow('control character')
  expect(() => bootstrapStatements('mariadb', { database: 'a`b', user: 'shop', password: 'x' })).toThrow('cannot name a database')
})
