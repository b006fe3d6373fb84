/** What each user looked at last: a list that nobody misses for long, so it may be lost with the store that keeps it. */
export interface RecentlyViewed {
  /** Puts the product first. */
  add(userId: string, productId: string): Promise<void>
  /** Ids of products, the last one first, each once, at most MOST_VIEWED. */
  of(userId: string): Promise<string[]>
}

export const MOST_VIEWED = 20
/** A list is forgotten so long after its last product. */
export const VIEWS_KEPT_MS = 30 * 24 * 60 * 60_000
