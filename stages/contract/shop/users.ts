import { describe, expect, it } from 'vitest'
import { clientOf, type Target } from '../client.ts'
import { logIn, registration } from '../people.ts'
import { expectKeys, expectProblem, type User } from '../shapes.ts'

export function usersContract(target: () => Target): void {
  describe('users', () => {
    it('registers a shopper and tells nothing of the password', async () => {
      const wanted = registration()
      const answer = await clientOf(target()).post<User>('/users', wanted)
      expect(answer.status, answer.text).toBe(201)
      expectKeys(answer.body, 'user')
      expect(answer.body).toMatchObject({ email: wanted.email, name: wanted.name })
      expect(answer.body.role).not.toBe('admin')
      expect(answer.text).not.toContain(wanted.password)
    })

    it('refuses an e-mail address that is taken', async () => {
      const client = clientOf(target())
      const wanted = registration()
      expect((await client.post('/users', wanted)).status).toBe(201)
      expectProblem(await client.post('/users', { ...wanted, name: 'Somebody Else' }), 409, 'EMAIL_TAKEN')
    })

    it('registers one of many who ask for the same address at once', async () => {
      const wanted = registration()
      const answers = await Promise.all(Array.from({ length: 6 }, () => clientOf(target()).post('/users', wanted)))
      expect(answers.map((answer) => answer.status).sort()).toEqual([201, 409, 409, 409, 409, 409])
    })

    it.each(boundaryRegistrations())('takes $about', async ({ changes }) => {
      const answer = await clientOf(target()).post<User>('/users', registration(changes()))
      expect(answer.status, answer.text).toBe(201)
      expect(answer.body).toMatchObject(nameAndEmail(changes()))
    })

    it('compares a long password to its last character', async () => {
      const client = clientOf(target())
      const wanted = registration({ password: 'p'.repeat(256) })
      await client.post('/users', wanted)
      expectProblem(await client.post('/sessions', { email: wanted.email, password: 'p'.repeat(255) }), 401, 'BAD_CREDENTIALS')
      await logIn(client, wanted.email, wanted.password)
    })

    it.each(WRONG_REGISTRATIONS)('refuses %s', async (_, changes) => {
      const body = { ...registration(), ...changes }
      expectProblem(await clientOf(target()).post('/users', body), 400, 'BAD_REQUEST')
    })

    it.each(['email', 'password', 'name'])('refuses a registration without %s', async (field) => {
      const body = Object.fromEntries(Object.entries(registration()).filter(([name]) => name !== field))
      expectProblem(await clientOf(target()).post('/users', body), 400, 'BAD_REQUEST')
    })
  })
}

function boundaryRegistrations() {
  return [
    { about: 'the shortest password and name', changes: () => ({ password: '8 chars!', name: 'A' }) },
    { about: 'a name of 100 characters', changes: () => ({ name: 'é'.repeat(100) }) },
    { about: 'a name in any script', changes: () => ({ name: 'Zoë 学 🛒 עברית' }) },
  ]
}

function nameAndEmail({ name }: { name?: string }): object {
  return name === undefined ? {} : { name }
}

const WRONG_REGISTRATIONS: [string, object][] = [
  ['a password of 7 characters', { password: '7 chars' }],
  ['a password of 257 characters', { password: 'p'.repeat(257) }],
  ['an empty name', { name: '' }],
  ['a name of 101 characters', { name: 'n'.repeat(101) }],
  ['an address that is none', { email: 'nobody' }],
  ['an empty address', { email: '' }],
  ['an address of 255 characters', { email: `${'a'.repeat(243)}@example.com` }],
  ['a number as name', { name: 42 }],
  ['a list as password', { password: ['a password in a list'] }],
  ['null as address', { email: null }],
  ['a role of the sender’s choice', { role: 'admin' }],
  ['an id of the sender’s choice', { id: 'usr_1' }],
]
