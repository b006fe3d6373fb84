/** Run once while the image is built: has Node compile what the programs consist of. */
import { nodeProgram } from '../local/launch/node-program.ts'
import { STAGE } from './places.ts'

if (import.meta.main) await nodeProgram('apps/shop/main.ts', STAGE, {})
