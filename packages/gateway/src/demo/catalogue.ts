export interface Product {
  readonly id: string
  readonly name: string
  readonly kind: 'green' | 'black' | 'white' | 'oolong' | 'herbal'
  readonly origin: string
  /** Cents per 100 g. */
  readonly price: number
  readonly stock: number
  readonly note: string
}

/** What the demo's shop sells. */
export const CATALOGUE: readonly Product[] = [
  { id: 'sencha', name: 'Sencha', kind: 'green', origin: 'Japan', price: 890, stock: 42, note: 'Steamed, grassy, a little sweet' },
  { id: 'gyokuro', name: 'Gyokuro', kind: 'green', origin: 'Japan', price: 2490, stock: 7, note: 'Shaded for three weeks, full of umami' },
  { id: 'longjing', name: 'Longjing', kind: 'green', origin: 'China', price: 1650, stock: 18, note: 'Pan-roasted, chestnut' },
  { id: 'matcha', name: 'Matcha', kind: 'green', origin: 'Japan', price: 3200, stock: 11, note: 'Stone-ground, for the bowl' },
  {
    id: 'darjeeling',
    name: 'Darjeeling First Flush',
    kind: 'black',
    origin: 'India',
    price: 1790,
    stock: 23,
    note: 'Light, flowery, muscatel',
  },
  { id: 'assam', name: 'Assam', kind: 'black', origin: 'India', price: 790, stock: 64, note: 'Malty and strong' },
  { id: 'keemun', name: 'Keemun', kind: 'black', origin: 'China', price: 1290, stock: 15, note: 'Cocoa and pine' },
  { id: 'lapsang', name: 'Lapsang Souchong', kind: 'black', origin: 'China', price: 1190, stock: 9, note: 'Smoked over pine wood' },
  { id: 'yinzhen', name: 'Silver Needle', kind: 'white', origin: 'China', price: 2950, stock: 5, note: 'Buds only, melon and hay' },
  { id: 'baimudan', name: 'White Peony', kind: 'white', origin: 'China', price: 1490, stock: 20, note: 'Soft, floral' },
  { id: 'tieguanyin', name: 'Tie Guan Yin', kind: 'oolong', origin: 'China', price: 1890, stock: 13, note: 'Orchid, buttery' },
  { id: 'dongding', name: 'Dong Ding', kind: 'oolong', origin: 'Taiwan', price: 2190, stock: 8, note: 'Roasted, caramel' },
  { id: 'rooibos', name: 'Rooibos', kind: 'herbal', origin: 'South Africa', price: 590, stock: 80, note: 'Red, mild, without caffeine' },
  { id: 'verbena', name: 'Lemon Verbena', kind: 'herbal', origin: 'France', price: 690, stock: 31, note: 'Whole leaves' },
]
