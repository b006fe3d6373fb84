import { createHash } from 'node:crypto'
import {
  type CgroupParent,
  findCgroupParent,
  groupsNamed,
  inGroup,
  joinGroup,
  liftLimit,
  makeGroup,
  removeGroup,
} from './cgroup.ts'
import { onOneCpuEach } from './cpu-pin.ts'
import type { HostSizer } from './host-sizer.ts'
import { canSizeSlices, inSlice, liftSlice, limitSlice, removeSlice } from './systemd-slice.ts'

/** CPUs of one host unless `--size` says otherwise: small enough that a laptop has room for eight. */
export const DEFAULT_SIZE_CPU = 0.15

export const NO_SIZES_BECAUSE =
  "this machine lets this user set no CPU limits (that takes root, or systemd's user session with the cpu controller)"

/** How hosts can be given a size on this machine; undefined where they cannot. */
export function hostSizer(stageFolder: string): HostSizer | undefined {
  const sizer = quotaSizer(stageFolder)
  return sizer && onOneCpuEach(sizer)
}

function quotaSizer(stageFolder: string): HostSizer | undefined {
  const parent = findCgroupParent()
  if (parent) return cgroupSizer(parent, stageFolder)
  return process.platform === 'linux' && process.env.XDG_RUNTIME_DIR && canSizeSlices() ? sliceSizer(stageFolder) : undefined
}

function cgroupSizer(parent: CgroupParent, stageFolder: string): HostSizer {
  const prefix = groupPrefix(stageFolder)
  const groups = new Map<string, { readonly group: string; readonly cpu: number }>()
  return {
    about: `cgroup v${parent.version}`,
    wrap(host, command) {
      const known = groups.get(host)
      return known ? inGroup(known.group, command) : command
    },
    limit(host, cpu, leaders) {
      const group = makeGroup(parent, prefix + host, cpu)
      groups.set(host, { group, cpu })
      joinGroup(group, leaders)
      return group
    },
    lift() {
      for (const group of groupsNamed(parent, prefix)) liftLimit(parent, group)
    },
    restore() {
      for (const [host, { cpu }] of groups) makeGroup(parent, prefix + host, cpu)
    },
    async remove() {
      await Promise.all(groupsNamed(parent, prefix).map(removeGroup))
    },
  }
}

function sliceSizer(stageFolder: string): HostSizer {
  // A dash in a slice's name makes it a child of the part before it.
  const sliceOf = (host: string) => `${groupPrefix(stageFolder)}${host.replaceAll('-', '_')}.slice`
  const limited = new Map<string, number>()
  return {
    about: 'systemd user slices',
    wrap: (host, command) => inSlice(sliceOf(host), command),
    limit(host, cpu) {
      limitSlice(sliceOf(host), cpu)
      limited.set(sliceOf(host), cpu)
      return sliceOf(host)
    },
    lift: () => [...limited.keys()].forEach(liftSlice),
    restore() {
      for (const [slice, cpu] of limited) limitSlice(slice, cpu)
    },
    remove: async () => [...limited.keys()].forEach(removeSlice),
  }
}

/** What the names of all groups of a stage begin with. */
export function groupPrefix(stageFolder: string): string {
  return `outgrow-${createHash('sha256').update(stageFolder).digest('hex').slice(0, 8)}-`
}
