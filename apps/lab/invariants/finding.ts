/** One breach of an invariant. */
export type Finding = {
  readonly invariant: 'stock' | 'orders' | 'charges' | 'prices' | 'carts' | 'reads' | 'sessions' | 'answers' | 'events'
  /** What is wrong, the same word for every breach of the kind. */
  readonly fault: Fault
  /** The product, order, key, charge or session that is wrong. */
  readonly subject: string
  readonly detail: string
  /** It was so before the run. */
  readonly old?: true
}

export type Fault =
  | 'stock not conserved'
  | 'stock below zero'
  | 'product gone'
  | 'acknowledged order missing'
  | 'acknowledged order twice'
  | 'acknowledged order changed'
  | 'acknowledged payment missing'
  | 'acknowledged payment changed'
  | 'acknowledged cancellation missing'
  | 'order not as asked for'
  | 'order cancelled unasked'
  | 'refused order there'
  | 'unexplained order'
  | 'order gone'
  | 'total is not the sum of its lines'
  | 'checkout not ended'
  | 'paid order without charge'
  | 'order charged twice'
  | 'charge of another amount'
  | 'charge without paid order'
  | 'charge nobody asked for'
  | 'refused payment charged'
  | 'card answered wrongly'
  | 'payment not settled'
  | 'acknowledged price missing'
  | 'acknowledged cart item missing'
  | 'cart item there again'
  | 'event not handled'
  | 'event handled wrongly'
  | 'sales counted wrongly'
  | 'stale read of an order'
  | 'stale read of a price'
  | 'stale read of a cart'
  | 'read went backwards'
  | 'revoked session seen'
  | 'session lost'
  | 'key answered differently'
