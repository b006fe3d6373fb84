import { describe } from 'vitest'
import { contract } from '../contract/contract.ts'
import { differencesContract } from '../contract/differences-contract.ts'
import { sharedStage } from './shared-stage.ts'

describe.each([1, 2, 3, 4, 5, 6])('stage %d', (number) => {
  const stage = sharedStage(number)
  contract(stage)
  differencesContract(stage)
})
