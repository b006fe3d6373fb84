/** Accounts: what would let the wrong one in, or the right one out. */
import { mutantsOf } from './mutant.ts'

const SESSIONS = 'apps/users/sessions.test.ts'

export const PEOPLE_MUTANTS = [
  ...mutantsOf('apps/users/passwords.ts', 'apps/users/passwords.test.ts', [
    ['const PASSES = 2', 'const PASSES = 1', 'password hashes are cheaper to guess than they should be'],
    ['const CHECKS_AT_ONCE = 2', 'const CHECKS_AT_ONCE = 4', 'an app takes the memory of as many log-ins as come at once'],
  ]),
  ...mutantsOf('apps/users/mailer.ts', 'apps/users/mailer.test.ts', [
    [
      'if ((await sizeOf(file)) > MOST_BYTES) await putAside(file)',
      "if ((await sizeOf(file)) > MOST_BYTES) await rename(file, file + '.1')",
      'of two that put the file aside at once one fails, or throws the old mails away',
    ],
  ]),
  ...mutantsOf('apps/users/users.ts', 'apps/users/users.test.ts', [
    ['const pair =', 'const pair = email.toLowerCase()', 'anybody can lock the account of another'],
    ['refuseLate()', '', 'an app that was stopped ends the sessions of who has logged in again since'],
    [
      "if (!row) throw new ShopError('BAD_CREDENTIALS')",
      "if (!row) throw new ShopError('NOT_LOGGED_IN')",
      'a wrong password is told as something else',
    ],
  ]),
  ...mutantsOf('apps/users/database-sessions.ts', SESSIONS, [
    [
      'if (prolonged - found.expires_at.getTime() > PROLONG_EVERY_MS)',
      'if (false)',
      'people are logged out while they use the shop',
    ],
  ]),
  ...mutantsOf('apps/users/semaphore.ts', 'apps/users/semaphore.test.ts', [
    ['if (next) next()', 'if (next) running -= 1', 'who waits is never let in'],
  ]),
]
