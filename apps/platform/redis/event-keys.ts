/** The keys of the Redis for events. */
import { key, onlyKey } from './key.ts'

export const EVENT_KEYS = {
  orderEvents: onlyKey({
    role: 'events',
    noun: 'orders',
    type: 'stream',
    lifetime: 'an hour, or the last 100,000 entries; longer while a group of consumers is not done with them',
    whenLost: 'the relay sends again what no group is known to be done with',
  }),
  deadLetters: onlyKey({
    role: 'events',
    noun: 'dead-letters',
    type: 'stream',
    lifetime: 'the last 10,000',
    whenLost: 'nothing: the consumers’ database has them',
  }),
  relayFence: key({
    role: 'events',
    noun: 'relay',
    tag: 'stream',
    type: 'string',
    lifetime: 'for good',
    whenLost: 'a relay that was stopped may send once more what another has sent; consumers leave it out',
  }),
  jobs: key({
    role: 'events',
    noun: 'jobs',
    tag: 'a constant',
    type: 'several',
    lifetime: 'until the job is done; the last 1,000 that were done, and those that failed for a week',
    whenLost: 'mails of the last second and the next report are not sent',
  }),
} as const
