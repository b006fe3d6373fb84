import { readFile, writeFile } from 'node:fs/promises'
import { CHECKOUT } from '../../../infra/local/state/data-folder.ts'
import type { Build } from '../../../infra/stage/app-programs.ts'
import { folderBuild } from '../deploy/build.ts'
import { gitIn } from '../deploy/git.ts'
import { CommandError, InputError } from '../runner/command.ts'
import { type Contract, type Contracts, contractFile, PARTIES, type Party, readContract } from './contract.ts'
import { complaintsAbout } from './judge.ts'
import { ownContract } from './own-contracts.ts'

/** As a commit has it, without a work tree, or another checkout. Answers what would break, a line each. */
export async function whatWouldBreakFrom(from: string, name: Party, checkout = CHECKOUT): Promise<string[]> {
  const git = gitIn(checkout)
  const commit = await git.commit(from)
  if (commit === undefined) return whatWouldBreak(name, folderBuild(from, checkout))
  const text = await git.file(commit, contractFile('', name))
  return complaints(name, text === undefined ? undefined : JSON.parse(text), from)
}

/** By the files alone: that of the build, and those of this checkout for all others. */
export function whatWouldBreak(name: Party, build: Build | undefined): string[] {
  return complaints(name, readContract(build?.folder ?? CHECKOUT, name), build?.name ?? 'the checkout')
}

function complaints(name: Party, candidate: Contract | undefined, from: string): string[] {
  if (!candidate) throw new CommandError(`${from} holds no contract of ${name}: nobody can say`)
  return complaintsAbout(name, candidate, contractsHere())
}

function contractsHere(): Contracts {
  const found = PARTIES.flatMap((name): [Party, Contract][] => {
    const contract = readContract(CHECKOUT, name)
    return contract ? [[name, contract]] : []
  })
  return Object.fromEntries(found)
}

/** Answers the files that were not as the code has them, and are now. */
export async function writeContracts(checkout = CHECKOUT): Promise<string[]> {
  const written: string[] = []
  for (const name of PARTIES) {
    const file = contractFile(checkout, name)
    const text = await contractText(name)
    if ((await readFile(file, 'utf8').catch(() => '')) === text) continue
    await writeFile(file, text)
    written.push(file)
  }
  return written
}

async function contractText(name: Party): Promise<string> {
  return `${JSON.stringify(await ownContract(name), null, 2)}\n`
}

export function partyNamed(name: string): Party {
  const found = PARTIES.find((party) => party === name)
  if (!found) throw new InputError(`there is no contract of "${name}"; there are those of ${PARTIES.join(', ')}`)
  return found
}
