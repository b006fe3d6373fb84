import { describe, expect, it } from 'vitest'
import { clientOf, type Target } from '../client.ts'
import { newShopper, type Shopper } from '../people.ts'
import { expectKeys, expectProblem, type List, type ListedProduct } from '../shapes.ts'

/** A view is noted after its page was sent. */
const NOTED = { timeout: 5_000, interval: 50 }
const MOST = 20
const product = (number: number) => `prd_${String(number).padStart(5, '0')}`

export function recentlyViewedContract(target: () => Target): void {
  describe('recently viewed products', () => {
    const list = async ({ client }: Shopper) => {
      const { status, body, text } = await client.get<List<ListedProduct>>('/products/recently-viewed')
      expect(status, text).toBe(200)
      expect(Object.keys(body).sort()).toEqual(['items', 'nextCursor'])
      for (const item of body.items) expectKeys(item, 'listedProduct')
      return body.items.map(({ id }) => id)
    }
    const view = async (shopper: Shopper, id: string) => {
      expect((await shopper.client.get(`/products/${id}`)).status).toBe(200)
      await expect.poll(async () => (await list(shopper))[0], NOTED).toBe(id)
    }

    it('come last first, each once, whichever replica showed them', async () => {
      const shopper = await newShopper(target())
      expect(await list(shopper)).toEqual([])
      for (const number of [3, 1, 2, 1, 4, 3]) await view(shopper, product(number))
      expect(await list(shopper)).toEqual([3, 4, 1, 2].map(product))
    })

    it('are the last twenty', async () => {
      const shopper = await newShopper(target())
      for (let number = 1; number <= MOST + 5; number++) await view(shopper, product(number))
      expect(await list(shopper)).toEqual(Array.from({ length: MOST }, (_, index) => product(MOST + 5 - index)))
    })

    it('belong to the user and not to the session or the browser', async () => {
      const [one, other] = [await newShopper(target()), await newShopper(target())]
      await view(one, product(7))
      expect(await list(other)).toEqual([])
      const again = { ...one, client: clientOf(target()) }
      expect((await again.client.post('/sessions', { email: one.email, password: one.password })).status).toBe(201)
      expect(await list(again)).toEqual([product(7)])
    })

    it('do not count what there is not, nor what was only listed', async () => {
      const shopper = await newShopper(target())
      await shopper.client.get('/products/prd_99999')
      await shopper.client.get('/products?limit=3')
      await view(shopper, product(9))
      expect(await list(shopper)).toEqual([product(9)])
    })

    it('are for those who are logged in', async () => {
      expectProblem(await clientOf(target()).get('/products/recently-viewed'), 401, 'NOT_LOGGED_IN')
      const shopper = await newShopper(target())
      expectProblem(await shopper.client.get('/products/recently-viewed?limit=5'), 400, 'BAD_REQUEST')
    })
  })
}
