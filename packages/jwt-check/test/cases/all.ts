import { algorithmCases } from './algorithms.ts'
import { certificateCases } from './certificates.ts'
import { claimCases } from './claims.ts'
import { contentCases } from './content.ts'
import { dpopCases } from './dpop.ts'
import { formCases } from './form.ts'
import { headerCases } from './headers.ts'
import { keyCases } from './keys.ts'
import type { Case } from './make.ts'

/** Every example of every rule. */
export const allCases: readonly Case[] = [
  ...algorithmCases,
  ...keyCases,
  ...claimCases,
  ...headerCases,
  ...formCases,
  ...contentCases,
  ...dpopCases,
  ...certificateCases,
]
