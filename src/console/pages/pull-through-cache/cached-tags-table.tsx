import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { useState } from 'react'
import type { CachedTag } from '../../../control-plane/admin/admin-answers.js'
import { Time } from '../../parts/amounts.js'
import { Duration } from '../../parts/duration.js'
import { PageLink } from '../../parts/page-link.js'
import { type Column, ResourceTable } from '../../parts/resource-table.js'
import { useEmulatorTime } from '../../requests/emulator-time.js'
import { MAX_ITEMS } from '../../requests/use-ecr.js'
import { CheckOutcomes } from './check-outcomes.js'
import { imageOf, useCachedTags } from './use-cached-tags.js'
import { useCheckNow } from './use-check-now.js'
import { shortDigest } from '../../parts/short-digest.js'

/** The tags that a rule has pulled: what they are in the upstream, and when that is asked next. */
export function CachedTagsTable({ prefix }: { readonly prefix: string }) {
  const { data: tags, error } = useCachedTags(prefix)
  const { now } = useEmulatorTime()
  const [chosen, choose] = useState<readonly CachedTag[]>([])
  const { checks, check, dismiss } = useCheckNow()
  const names = new Set(chosen.map(imageOf))
  const selected = tags?.filter((tag) => names.has(imageOf(tag))) ?? []
  return (
    <SpaceBetween size="s">
      <CheckOutcomes checks={checks} onDismiss={dismiss} />
      <ResourceTable
        title="Cached tags"
        things="tags"
        name="tag-"
        description={
          tags?.length === MAX_ITEMS
            ? `The first ${MAX_ITEMS.toLocaleString('en')}. A pull asks the upstream once the next check is due.`
            : 'A pull asks the upstream whether the tag has moved once the next check is due; before, it does not.'
        }
        items={tags}
        error={error}
        columns={columnsAt(now, (tag) => void check([tag]), checks?.current !== undefined)}
        keyOf={imageOf}
        selection={{ type: 'multi', selected, onSelect: choose }}
        actions={
          <Button
            disabled={selected.length === 0}
            loading={checks?.current !== undefined}
            onClick={() => void check(selected)}
          >
            Check now
          </Button>
        }
        empty={<Box>A tag is listed here once it has been pulled through the rule.</Box>}
      />
    </SpaceBetween>
  )
}

const columnsAt = (
  now: Date | undefined,
  check: (tag: CachedTag) => void,
  isChecking: boolean,
): readonly Column<CachedTag>[] => [
  {
    id: 'repository',
    header: 'Repository',
    isRowHeader: true,
    minWidth: 160,
    text: ({ repository }) => repository,
    cell: ({ repository }) => <PageLink to={`/repositories/${encodeURIComponent(repository)}`}>{repository}</PageLink>,
  },
  { id: 'tag', header: 'Tag', text: ({ tag }) => tag },
  {
    id: 'digest',
    header: 'Upstream digest',
    text: ({ digest }) => digest,
    cell: ({ digest }) => <Box variant="code">{shortDigest(digest)}</Box>,
  },
  {
    id: 'checked',
    header: 'Last check',
    text: ({ checkedAt }) => checkedAt,
    cell: ({ checkedAt }) => <Time value={checkedAt} />,
  },
  {
    id: 'failed',
    header: 'Failed check',
    text: ({ failedAt }) => failedAt,
    cell: ({ failedAt }) =>
      failedAt === undefined ? (
        <>None</>
      ) : (
        <StatusIndicator type="error">
          <Time value={failedAt} />
        </StatusIndicator>
      ),
  },
  {
    id: 'due',
    header: 'Next check due',
    text: ({ nextCheckDueAt }) => nextCheckDueAt,
    cell: ({ nextCheckDueAt }) => <NextCheck at={nextCheckDueAt} now={now} />,
  },
  {
    id: 'check',
    header: 'Check',
    text: () => undefined,
    cell: (tag) => (
      <Button
        variant="inline-link"
        ariaLabel={`Check now: ${imageOf(tag)}`}
        disabled={isChecking}
        onClick={() => check(tag)}
      >
        Check now
      </Button>
    ),
  },
]

const NextCheck = ({ at, now }: { readonly at: string; readonly now: Date | undefined }) => {
  const seconds = now && (Date.parse(at) - now.getTime()) / 1000
  if (seconds !== undefined && seconds <= 0) return <>With the next pull</>
  return (
    <>
      <Time value={at} />
      {seconds !== undefined && (
        <Box variant="small">
          in <Duration seconds={seconds} />
        </Box>
      )}
    </>
  )
}
