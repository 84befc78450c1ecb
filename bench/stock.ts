import { pushImage } from './content.js'
import type { Emulator } from './servers.js'

/** The repository that `stock` creates, and a tag in it. */
export const [REPOSITORY, TAG] = ['team/app', 'latest']

/** Creates a repository with three images. Returns the digest of the first pushed one, which has the tag. */
export async function stock({
  call,
  registryUrl: url,
  authorization,
}: Pick<Emulator, 'call' | 'registryUrl' | 'authorization'>): Promise<string> {
  await call('CreateRepository', { repositoryName: REPOSITORY })
  const push = (tag: string) => pushImage({ url, authorization, repository: REPOSITORY }, [2000, 3000, 4000], tag)
  const { digest } = await push(TAG)
  for (const tag of ['v1', 'v2']) await push(tag)
  return digest
}
