/** The servers that stages are made of, and what running one takes. */
export type ServerName = 'mysql' | 'redis' | 'haproxy' | 'k6'
export type Flavour = 'mysql' | 'mariadb' | 'redis' | 'valkey' | 'haproxy' | 'k6'

/** How to run a program: its own arguments come after `args`, and `env` is added to the environment. */
export type Invocation = {
  readonly path: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

export type ServerProgram = Invocation & { readonly name: ServerName; readonly flavour: Flavour; readonly version: string }

/** Receives one line of text at a time for the person who waits. */
export type OnProgress = (line: string) => void

export type ServerKind = {
  readonly name: ServerName
  /** What the stages need, in words. */
  readonly needs: string
  /** Environment variable that names the program and so ends every search. */
  readonly variable: string
  readonly binaries: readonly string[]
  readonly versionArgs: readonly string[]
  /** Oldest usable version of each flavour. */
  readonly oldest: Readonly<Partial<Record<Flavour, readonly [major: number, minor: number]>>>
  /** Arguments that come before all others. */
  readonly firstArgs: readonly string[]
  /** Debian packages in order of preference; `name-*` takes the highest version that the distribution has. */
  readonly packages: readonly string[]
  /** For a package, the one that holds the program itself; apt would leave it out where the system has it. */
  readonly programPackages?: Readonly<Record<string, string>>
  /** Homebrew formulas in order of preference. */
  readonly formulas: readonly string[]
}

export const SERVER_KINDS: Readonly<Record<ServerName, ServerKind>> = {
  mysql: {
    name: 'mysql',
    needs: 'MySQL 8.0+ or MariaDB 10.11+',
    variable: 'OUTGROW_MYSQLD',
    binaries: ['mysqld', 'mariadbd'],
    versionArgs: ['--version'],
    oldest: { mysql: [8, 0], mariadb: [10, 11] },
    // What the system has in /etc/mysql belongs to another server.
    firstArgs: ['--no-defaults'],
    packages: ['mysql-server-core', 'mysql-server-core-*', 'mariadb-server-core'],
    formulas: ['mysql', 'mariadb', 'mysql@8.4', 'mysql@8.0', 'mariadb@11.8', 'mariadb@11.4', 'mariadb@10.11'],
  },
  redis: {
    name: 'redis',
    needs: 'Redis 7.0+ or Valkey 7.2+',
    variable: 'OUTGROW_REDIS',
    binaries: ['redis-server', 'valkey-server'],
    versionArgs: ['--version'],
    oldest: { redis: [7, 0], valkey: [7, 2] },
    firstArgs: [],
    packages: ['redis-server', 'valkey-server'],
    // Debian's redis-server is a link to a program in redis-tools.
    programPackages: { 'redis-server': 'redis-tools', 'valkey-server': 'valkey-tools' },
    formulas: ['redis', 'valkey'],
  },
  haproxy: {
    name: 'haproxy',
    needs: 'HAProxy 2.6+',
    variable: 'OUTGROW_HAPROXY',
    binaries: ['haproxy'],
    versionArgs: ['-v'],
    oldest: { haproxy: [2, 6] },
    firstArgs: [],
    packages: ['haproxy'],
    formulas: ['haproxy'],
  },
  k6: {
    name: 'k6',
    needs: 'k6 1.0+',
    variable: 'OUTGROW_K6',
    binaries: ['k6'],
    versionArgs: ['version'],
    oldest: { k6: [1, 0] },
    firstArgs: [],
    packages: [],
    formulas: ['k6'],
  },
}
