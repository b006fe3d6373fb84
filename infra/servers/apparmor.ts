import { existsSync, readFileSync } from 'node:fs'

/**
 * Ubuntu's AppArmor profile for an installed /usr/sbin/mysqld lets it write to /var/lib/mysql only; an unpacked copy
 * elsewhere has no profile. The list of loaded profiles is for root, so the profile's file has to tell.
 */
export function isConfined(path: string, root = '/'): boolean {
  const profile = path.slice(1).replaceAll('/', '.')
  return (
    isEnabled(root) && existsSync(`${root}etc/apparmor.d/${profile}`) && !existsSync(`${root}etc/apparmor.d/disable/${profile}`)
  )
}

function isEnabled(root: string): boolean {
  try {
    return readFileSync(`${root}sys/module/apparmor/parameters/enabled`, 'utf8').startsWith('Y')
  } catch {
    return false
  }
}
