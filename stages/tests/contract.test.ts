import { describe } from 'vitest'
import { contract } from '../contract/contract.ts'
import { differencesContract } from '../contract/differences-contract.ts'
import { injectedStage } from './injected-stage.ts'

describe.each([1, 2, 3, 4])('stage %d', (number) => {
  contract(() => injectedStage(number))
  differencesContract(() => injectedStage(number))
})
