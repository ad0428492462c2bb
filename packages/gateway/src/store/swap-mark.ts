/** While a file of this name lies in a store's folder, its files are being exchanged by a restore, and nobody opens it. */
export const SWAP_MARK = 'restoring'
