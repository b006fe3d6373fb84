import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { givePackages } from '../../../apps/lab/deploy/packages.ts'
import { type OwnedFolder, ownedFolder } from '../../process/owned-process.ts'
import { repositoryFiles } from '../repository-files.ts'

/** All files in a folder of their own, which goes when this process ends; the libraries are those of the original. */
export async function copyOfProject(root: string): Promise<OwnedFolder> {
  const copy = await ownedFolder('outgrow-mutants-')
  for (const file of repositoryFiles(root)) await cp(join(root, file), join(copy.path, file))
  await givePackages(copy.path, root)
  return copy
}
