/** Which server of a group was the primary when it last ran: the one with the newest data. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CONFIG_FILE } from './server.ts'

export type GroupFolders = {
  readonly group: string
  /** Folder of each server, by its name. */
  readonly servers: ReadonlyMap<string, string>
  readonly sentinels: readonly string[]
}

/**
 * The Sentinels have written down each failover that they agreed on; the highest epoch is the last. They name the primary by its
 * port, and ports may be others today, so the servers' own old files say whose it was. Undefined before the first start.
 */
export function lastPrimary({ group, servers, sentinels }: GroupFolders): string | undefined {
  const records = sentinels.flatMap((folder) => recordOf(group, configIn(folder)))
  const newest = records.sort((one, other) => other.epoch - one.epoch)[0]
  if (newest === undefined) return undefined
  return [...servers].find(([, folder]) => settingIn('port', configIn(folder)) === newest.port)?.[0]
}

function recordOf(group: string, config: string): { epoch: number; port: string }[] {
  const port = settingIn(`sentinel monitor ${group} 127.0.0.1`, config)
  return port === undefined ? [] : [{ epoch: Number(settingIn(`sentinel config-epoch ${group}`, config) ?? 0), port }]
}

function settingIn(directive: string, config: string): string | undefined {
  const line = config.split('\n').find((candidate) => candidate.startsWith(`${directive} `))
  return line?.slice(directive.length + 1).split(' ')[0]
}

function configIn(folder: string): string {
  try {
    return readFileSync(join(folder, CONFIG_FILE), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}
