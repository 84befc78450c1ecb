import { useQuery } from '@tanstack/react-query'
import type { CachedTag, CachedTags } from '../../../control-plane/admin/admin-answers.js'
import { fetchAdmin, pathWith } from '../../requests/admin.js'
import { MAX_ITEMS } from '../../requests/use-ecr.js'
import { useSession } from '../../session/session-context.js'

/** The tags that a rule has pulled, page after page, up to `MAX_ITEMS`. */
export function useCachedTags(prefix: string) {
  const { account, region } = useSession()
  return useQuery({
    queryKey: ['admin', '/cached-tags', account, region, prefix],
    async queryFn({ signal }): Promise<readonly CachedTag[]> {
      const tags: CachedTag[] = []
      let next: string | undefined
      do {
        const path = pathWith('/cached-tags', { account, region, prefix, limit: '1000', next })
        const page = (await (await fetchAdmin(path, { signal })).json()) as CachedTags
        tags.push(...page.tags)
        next = page.next
      } while (next !== undefined && tags.length < MAX_ITEMS)
      return tags.slice(0, MAX_ITEMS)
    },
  })
}

/** The name of a tag as it is pulled, without the host. */
export const imageOf = ({ repository, tag }: Pick<CachedTag, 'repository' | 'tag'>) => `${repository}:${tag}`
