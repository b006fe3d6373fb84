/** The images of docker-compose.yml, in one file that `docker load` reads. */
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { COMPOSE_FILE } from '../../../infra/compose/compose-file.ts'
import { docker, dockerWithin, requireCompose } from '../../../infra/compose/docker.ts'
import { SERVER_IMAGES, SHOP_IMAGE } from '../../../infra/compose/images.ts'
import { CHECKOUT } from '../../../infra/local/state/data-folder.ts'
import type { OnProgress } from '../../../infra/servers/server-program.ts'

/** A pull or a build, on a slow network. */
const IMAGE_WITHIN_MS = 20 * 60_000

/** Throws one line: no Docker, no daemon, no registry. */
export async function saveImages(file: string, onProgress: OnProgress): Promise<void> {
  await requireCompose()
  const servers = Object.values(SERVER_IMAGES)
  for (const image of servers) await pullMissing(image, onProgress)
  onProgress(`${SHOP_IMAGE}: building its image …`)
  const profile = ['compose', '--file', path.join(CHECKOUT, COMPOSE_FILE), '--profile', 'stage1']
  await dockerWithin(IMAGE_WITHIN_MS, [...profile, 'build', '--quiet'])
  onProgress('saving the images …')
  await rm(file, { force: true })
  await dockerWithin(IMAGE_WITHIN_MS, ['save', '--output', file, ...servers, SHOP_IMAGE])
}

async function pullMissing(image: string, onProgress: OnProgress): Promise<void> {
  const here = await docker('image', 'ls', '--quiet', image)
  if (here.length > 0) return
  onProgress(`${image}: pulling it …`)
  await dockerWithin(IMAGE_WITHIN_MS, ['pull', '--quiet', image])
}
