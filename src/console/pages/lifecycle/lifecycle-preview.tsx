import type { LifecyclePolicyPreviewResult } from '@aws-sdk/client-ecr'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { formatBytes, formatCount } from '../../../registry/amounts.js'
import { Bytes, Time } from '../../parts/amounts.js'
import { Duration } from '../../parts/duration.js'
import { type Column, ResourceTable } from '../../parts/resource-table.js'
import { useEmulatorTime } from '../../requests/emulator-time.js'
import { useImageSizes } from './image-sizes.js'
import { rulesInText } from './policy-text.js'
import type { Preview, usePreview } from './use-preview.js'
import { shortDigest } from '../../parts/short-digest.js'

/** What the policy in the editor would do now: how many images, how large, and which rule takes which. */
export function LifecyclePreview({
  repository,
  text,
  preview: { preview, isPending, error },
}: {
  readonly repository: string
  readonly text: string
  readonly preview: ReturnType<typeof usePreview>
}) {
  const { now } = useEmulatorTime()
  const sizes = useImageSizes(repository, preview?.results.map(({ imageDigest = '' }) => imageDigest) ?? [])
  const isShown = preview !== undefined && text.trim() !== ''
  return (
    <SpaceBetween size="l">
      <Container
        header={
          <Header variant="h2" description="If it were evaluated now. Nothing is removed by looking.">
            What the policy would do
          </Header>
        }
      >
        <SpaceBetween size="m">
          <Progress isEmpty={text.trim() === ''} isPending={isPending} hasFailed={Boolean(error)} />
          {isShown && <KeyValuePairs columns={3} items={figures(preview, sizes)} />}
        </SpaceBetween>
      </Container>
      {isShown && (
        <ResourceTable
          name="preview"
          title="Images that would go"
          things="images"
          items={preview.results}
          keyOf={({ imageDigest = '' }) => imageDigest}
          columns={columns({ now, sizes, text })}
          empty="The policy would leave all images as they are."
        />
      )}
    </SpaceBetween>
  )
}

const Progress = ({
  isEmpty,
  isPending,
  hasFailed,
}: {
  readonly isEmpty: boolean
  readonly isPending: boolean
  readonly hasFailed: boolean
}) => {
  if (isEmpty) return <StatusIndicator type="info">Add a rule to see what it would do</StatusIndicator>
  if (isPending) return <StatusIndicator type="in-progress">Computing the preview</StatusIndicator>
  if (hasFailed) return <StatusIndicator type="error">There is no preview of a policy that is refused</StatusIndicator>
  return <StatusIndicator type="success">The preview is complete</StatusIndicator>
}

type Sizes = ReadonlyMap<string, number> | undefined

function figures({ results, summary }: Preview, sizes: Sizes) {
  const archived = summary.transitioningImageTotalCounts?.reduce(
    (sum, { imageTotalCount = 0 }) => sum + imageTotalCount,
    0,
  )
  const amount = (count: number, type: string) => {
    const taken = results.filter(({ action }) => action?.type === type)
    const bytes = taken.reduce((sum, { imageDigest = '' }) => sum + (sizes?.get(imageDigest) ?? 0), 0)
    return sizes ? `${formatCount(count, 'image')}, ${formatBytes(bytes)}` : formatCount(count, 'image')
  }
  return [
    { label: 'Expire', value: amount(summary.expiringImageTotalCount ?? 0, 'EXPIRE') },
    { label: 'Transition to archive', value: amount(archived ?? 0, 'TRANSITION') },
  ]
}

function columns({
  now,
  sizes,
  text,
}: {
  readonly now: Date | undefined
  readonly sizes: Sizes
  readonly text: string
}): Column<LifecyclePolicyPreviewResult>[] {
  const rules = rulesInText(text) ?? []
  const ruleOf = (priority: number | undefined) => {
    const description = rules.find(({ rulePriority }) => rulePriority === priority)?.description
    return description === undefined ? `${priority}` : `${priority}: ${description}`
  }
  const age = ({ imagePushedAt }: LifecyclePolicyPreviewResult) =>
    now && imagePushedAt && (now.getTime() - imagePushedAt.getTime()) / 1000
  return [
    {
      id: 'tags',
      header: 'Image tags',
      isRowHeader: true,
      text: ({ imageTags }) => imageTags?.join(', ') ?? 'Untagged',
    },
    {
      id: 'action',
      header: 'Action',
      text: ({ action }) => (action?.type === 'TRANSITION' ? 'Transition to archive' : 'Expire'),
    },
    { id: 'rule', header: 'Rule', text: ({ appliedRulePriority }) => ruleOf(appliedRulePriority) },
    { id: 'age', header: 'Age', text: age, cell: (image) => <Age seconds={age(image)} /> },
    {
      id: 'size',
      header: 'Size',
      text: ({ imageDigest = '' }) => sizes?.get(imageDigest),
      cell: ({ imageDigest = '' }) => <Bytes value={sizes?.get(imageDigest)} />,
    },
    {
      id: 'pushed',
      header: 'Pushed at',
      text: ({ imagePushedAt }) => imagePushedAt?.toISOString(),
      cell: ({ imagePushedAt }) => <Time value={imagePushedAt} />,
    },
    {
      id: 'digest',
      header: 'Digest',
      text: ({ imageDigest }) => imageDigest,
      cell: ({ imageDigest = '' }) => <span title={imageDigest}>{shortDigest(imageDigest)}</span>,
    },
  ]
}

const Age = ({ seconds }: { readonly seconds: number | undefined }) =>
  seconds === undefined ? '–' : <Duration seconds={seconds} />
