/** The outside card processor, as the shop sees it. */
export interface Bank {
  /**
   * Charges a card once for each key, however often it is asked. Throws BankSilent where no answer came:
   * the card may or may not be charged, and only the same key tells.
   */
  charge(order: ChargeOrder): Promise<Charge>
}

export type ChargeOrder = {
  readonly key: string
  /** What the charge is for; appears in the bank's ledger. */
  readonly reference: string
  readonly amountCents: number
  readonly card: string
}

export type Charge = { readonly status: 'captured'; readonly chargeId: string } | { readonly status: 'declined' }

export class BankSilent extends Error {
  override readonly name = 'BankSilent'
}
