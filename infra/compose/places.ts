/** Folders inside the containers, each a volume. */

/** What a container is told: a folder of its own name in it. Containers of one kind share it, and can only read. */
export const STAGE = '/stage'
/** Where what is laid out is written, with a folder for each kind of container. */
export const OUT = '/out'
/** The key that all passwords of the stage are made of: for whoever lays it out, and nobody else. */
export const KEY = '/key'
/** What a container keeps. Of a MySQL it is where its image has a folder that the server may write. */
export const DATA = '/data'
export const MYSQL_DATA = '/var/lib/mysql'
/** What the shop would mail. */
export const OUTBOX = '/outbox'

/** Which image a container is made of, and so what it is told. */
export type Kind = 'node' | 'mysql' | 'redis' | 'haproxy'
export const KINDS: readonly Kind[] = ['node', 'mysql', 'redis', 'haproxy']
