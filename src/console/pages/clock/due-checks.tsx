import { useQueries } from '@tanstack/react-query'
import type { CachedTag, CachedTags } from '../../../control-plane/admin/admin-answers.js'
import { Time } from '../../parts/amounts.js'
import { Duration } from '../../parts/duration.js'
import { type Column, ResourceTable } from '../../parts/resource-table.js'
import { fetchAdmin, pathWith } from '../../requests/admin.js'
import { useEmulatorTime } from '../../requests/emulator-time.js'
import { useSession } from '../../session/session-context.js'
import { useCacheRules } from '../pull-through-cache/use-cache-rules.js'
import { imageOf } from '../pull-through-cache/use-cached-tags.js'

/** The most tags of a rule that are looked at. */
const TAGS_OF_RULE = 1000

/** The cached tags, with the time from which on a pull asks their upstream again. */
export function DueChecks() {
  const { now } = useEmulatorTime()
  const { tags, error, isShort } = useTagsOfAllRules()
  return (
    <ResourceTable
      name="due"
      title="Checks of cached tags"
      things="cached tags"
      description={
        isShort
          ? `The first ${TAGS_OF_RULE.toLocaleString('en')} of each rule. A pull after the check is due asks the upstream.`
          : 'A pull after the check is due asks the upstream whether the tag has moved; before, it does not.'
      }
      items={tags}
      error={error}
      keyOf={imageOf}
      columns={columnsAt(now?.getTime())}
      empty="Tags that were pulled through the cache are listed here."
      pageSize={10}
    />
  )
}

const columnsAt = (now: number | undefined): Column<CachedTag>[] => [
  {
    id: 'image',
    header: 'Image',
    isRowHeader: true,
    text: imageOf,
  },
  {
    id: 'checked',
    header: 'Last check',
    text: ({ checkedAt }) => checkedAt,
    cell: ({ checkedAt }) => <Time value={checkedAt} />,
  },
  {
    id: 'due',
    header: 'Next check due',
    text: ({ nextCheckDueAt }) => nextCheckDueAt,
    cell: ({ nextCheckDueAt }) => <Time value={nextCheckDueAt} />,
  },
  {
    id: 'in',
    header: 'Due in',
    text: ({ nextCheckDueAt }) => Date.parse(nextCheckDueAt) - (now ?? 0),
    cell: ({ nextCheckDueAt }) => <DueIn seconds={now && (Date.parse(nextCheckDueAt) - now) / 1000} />,
  },
]

const DueIn = ({ seconds }: { readonly seconds: number | undefined }) => {
  if (seconds === undefined) return '–'
  return seconds <= 0 ? 'With the next pull' : <Duration seconds={seconds} />
}

/** The cached tags of all rules of the registry, those that are due first at the top. */
function useTagsOfAllRules() {
  const { account, region } = useSession()
  const rules = useCacheRules()
  const paths = (rules.data ?? []).map(({ ecrRepositoryPrefix: prefix }) =>
    pathWith('/cached-tags', { account, region, prefix, limit: String(TAGS_OF_RULE) }),
  )
  return useQueries({
    queries: paths.map((path) => ({
      queryKey: ['admin', path],
      queryFn: async ({ signal }: { readonly signal: AbortSignal }) =>
        (await (await fetchAdmin(path, { signal })).json()) as CachedTags,
    })),
    combine: (answers) => ({
      error: rules.error ?? answers.find(({ error }) => error)?.error,
      isShort: answers.some(({ data }) => data?.next !== undefined),
      tags:
        rules.isSuccess && answers.every(({ isSuccess }) => isSuccess)
          ? answers
              .flatMap(({ data }) => data?.tags ?? [])
              .sort((a, b) => a.nextCheckDueAt.localeCompare(b.nextCheckDueAt))
          : undefined,
    }),
  })
}
