/** Which images the containers are made of: official ones, for x86-64 and arm64 alike, and one of our own that is built from the Node one. */
export const NODE_IMAGE = 'node:24-slim'
export const SHOP_IMAGE = 'outgrow'
export const SERVER_IMAGES = { mysql: 'mysql:8.4', redis: 'redis:8', haproxy: 'haproxy:3.2' } as const

/** The keeper has to know what its servers understand. */
export const MYSQL_VERSION = '8.4'
