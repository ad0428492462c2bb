/** How a signal counts. Milliseconds. */
export type Meter =
  /** `max` per window, `burst` at once; an arrival over the limit does not count. */
  | { readonly kind: 'gcra'; readonly max: number; readonly perMs: number; readonly burst: number }
  /** A bucket that loses one each `leakMs`; over while it holds more than `capacity`, and for `blackholeMs` after. `distinct`: a value that is in it does not count again. */
  | {
      readonly kind: 'leaky'
      readonly capacity: number
      readonly leakMs: number
      readonly distinct: boolean
      readonly blackholeMs: number
    }
  /** Different values within the window. */
  | { readonly kind: 'distinct'; readonly max: number; readonly perMs: number }
  /** Halves in `halfLifeMs`; over beyond `max`. */
  | { readonly kind: 'decay'; readonly halfLifeMs: number; readonly max: number | null }
  /** The sum over a sliding window; over beyond `max`. */
  | { readonly kind: 'sum'; readonly perMs: number; readonly max: number | null }
