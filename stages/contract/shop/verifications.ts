import { readFile } from 'node:fs/promises'
import { beforeAll, describe, expect, it, type TestContext } from 'vitest'
import { type Answer, type Client, clientOf, type Problem, type Target } from '../client.ts'
import { ADMIN_EMAIL, newShopper, registration, type Shopper } from '../people.ts'
import { expectProblem, TIME } from '../shapes.ts'

const MAILED = { timeout: 10_000, interval: 50 }
const ATTEMPTS = 5
type Verified = { email: string; verifiedAt: string }
type Mail = { to: string; subject: string; text: string }

export function verificationsContract(target: () => Target): void {
  describe('verification codes', () => {
    let client: Client
    beforeAll(() => {
      client = clientOf(target())
    })
    const verify = (email: unknown, code: unknown) => client.post<Verified>('/verifications', { email, code })
    const ask = (email: string, headers = {}) => client.post('/verification-codes', { email }, { headers })

    /** The code that a new shopper got; skips the test where nobody knows where mail goes. */
    async function withCode({ skip }: TestContext): Promise<{ shopper: Shopper; code: string }> {
      const { outboxFile } = target()
      if (outboxFile === undefined) return skip('where the shop’s mail goes is not known: OUTGROW_CONTRACT_OUTBOX names the file')
      const shopper = await newShopper(target())
      expect((await ask(shopper.email)).status).toBe(202)
      await expect.poll(() => mailsTo(outboxFile, shopper.email), MAILED).toHaveLength(1)
      const [mail] = await mailsTo(outboxFile, shopper.email)
      return { shopper, code: /\b\d{6}\b/.exec(mail?.text ?? '')?.[0] ?? '' }
    }

    it('are promised to everybody alike, account or not', async () => {
      const known = await newShopper(target())
      const answers = [await ask(known.email), await ask(registration().email), await ask(known.email)]
      expect(answers.map(({ status }) => status)).toEqual([202, 202, 202])
      expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
    })

    it('are sent after the answer: it takes the same work, whether there is an account or none', async () => {
      const known = await newShopper(target())
      const emails = [known.email, registration().email]
      const [one, other] = await Promise.all(emails.map(async (email) => workIn(await ask(email, EXPLAIN))))
      expect(one).toMatch(/desc=/)
      expect(one).toBe(other)
    })

    it('that are wrong say nothing about whether there is an account', async () => {
      const known = await newShopper(target())
      const answers = [await verify(known.email, '000000'), await verify(registration().email, '000000')]
      for (const answer of answers) expectProblem(answer, 400, 'CODE_WRONG')
      const [one, other] = answers.map(({ body }) => ({ ...(body as unknown as Problem), requestId: '' }))
      expect(one).toEqual(other)
    })

    it('that are wrong take the same work, whether there is an account, a code or neither', async (context) => {
      const { shopper, code } = await withCode(context)
      const guess = code === '000000' ? '000001' : '000000'
      const workFor = async (email: string) => {
        return workIn(await client.post('/verifications', { email, code: guess }, { headers: EXPLAIN }))
      }
      const [work, ...others] = [await workFor(shopper.email), await workFor(ADMIN_EMAIL), await workFor(registration().email)]
      expect(work).toMatch(/desc=/)
      expect(others).toEqual([work, work])
    })

    it('prove an address once', async (context) => {
      const { shopper, code } = await withCode(context)
      const answer = await verify(shopper.email.toUpperCase(), code)
      expect(answer.status, answer.text).toBe(200)
      expect(answer.body).toEqual({ email: shopper.email, verifiedAt: expect.stringMatching(TIME) })
      expectProblem(await verify(shopper.email, code), 400, 'CODE_WRONG')
    })

    it('sent 200 times at once are right once', async (context) => {
      const { shopper, code } = await withCode(context)
      const answers = await Promise.all(Array.from({ length: 200 }, () => verify(shopper.email, code)))
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
      for (const answer of answers) if (answer.status !== 200) expectProblem(answer, 400, 'CODE_WRONG')
    })

    it('are of no use to anybody else', async (context) => {
      const { shopper, code } = await withCode(context)
      const other = await newShopper(target())
      expectProblem(await verify(other.email, code), 400, 'CODE_WRONG')
      expect((await verify(shopper.email, code)).status).toBe(200)
    })

    it('end after five wrong guesses, whichever replica they are made at', async (context) => {
      const { shopper, code } = await withCode(context)
      const guess = code === '000000' ? '000001' : '000000'
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        expectProblem(await verify(shopper.email, guess), 400, 'CODE_WRONG')
      }
      expectProblem(await verify(shopper.email, code), 400, 'CODE_WRONG')
    })

    it('come once a minute, however often they are asked for', async (context) => {
      const { shopper, code } = await withCode(context)
      await Promise.all(Array.from({ length: 10 }, () => ask(shopper.email)))
      // Had one of them made another code, this one would be of no use.
      expect((await verify(shopper.email, code)).status).toBe(200)
      expect(await mailsTo(target().outboxFile ?? '', shopper.email)).toHaveLength(1)
    })

    it.each(WRONG_WISHES)('are not sent for %j', async (body) => {
      expectProblem(await client.post('/verification-codes', body), 400, 'BAD_REQUEST')
    })

    it.each(WRONG_PROOFS)('cannot be %j', async (proof) => {
      const body = { email: registration().email, code: '123456', ...proof }
      expectProblem(await client.post('/verifications', body), 400, 'BAD_REQUEST')
    })
  })
}

const EXPLAIN = { 'x-explain': '1' }

/** Which of several servers is asked follows from the address. */
function workIn({ headers }: Pick<Answer<unknown>, 'headers'>): string {
  return String(headers['server-timing']).replace(/;dur=[\d.]+|-\d+(?=")/g, '')
}

async function mailsTo(outboxFile: string, email: string): Promise<Mail[]> {
  const text = await readFile(outboxFile, 'utf8').catch(() => '')
  const mails = text.split('\n').flatMap((line): Mail[] => (line === '' ? [] : [JSON.parse(line)]))
  return mails.filter(({ to }) => to === email)
}

const WRONG_WISHES = [
  {},
  { email: 'nobody' },
  { email: null },
  { email: ['a@example.com'] },
  { email: 'a@example.com', code: '1' },
  [],
]
const WRONG_PROOFS = [
  { code: '12345' },
  { code: '1234567' },
  { code: 123456 },
  { code: ' 12345' },
  { code: '12345a' },
  { code: null },
  { code: ['123456'] },
  { email: 'nobody' },
  { userId: 'usr_1' },
]
