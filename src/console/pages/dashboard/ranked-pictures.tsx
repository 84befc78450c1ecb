import Box from '@cloudscape-design/components/box'
import type { PulledImage, Puller, RuleStatistics, Statistics } from '../../../control-plane/admin/admin-answers.js'
import { formatBytes, formatCount } from '../../../registry/amounts.js'
import type { Registry } from '../../../registry/registry.js'
import { Bytes } from '../../parts/amounts.js'
import type { Column } from '../../parts/resource-table.js'
import { imageName, RegistryLink } from '../../parts/registry-link.js'
import { counts } from './chart-units.js'
import { Picture } from './picture.js'
import { Ranking } from './ranking.js'

interface RankedProps {
  readonly statistics: Statistics
  readonly periodName: string
}

const pulls = (count: number) => (count === 1 ? '1 pull' : `${counts.format(count)} pulls`)

const textOf = (value: number | undefined) => (value === undefined ? '–' : counts.format(value))

const number = <T,>(id: string, header: string, text: (item: T) => number | undefined): Column<T> => ({
  id,
  header,
  text,
  cell: (item) => textOf(text(item)),
})

const size = <T,>(id: string, header: string, text: (item: T) => number | undefined): Column<T> => ({
  id,
  header,
  text,
  cell: (item) => <Bytes value={text(item)} />,
})

const registryColumns = <T extends Registry>(): Column<T>[] => [
  { id: 'account', header: 'Account', text: ({ account }) => account },
  { id: 'region', header: 'Region', text: ({ region }) => region },
]

/** The images that were pulled most often. */
export function MostPulledImages({ statistics: { images }, periodName }: RankedProps) {
  const keyOf = (image: PulledImage) => `${image.account} ${image.region} ${imageName(image)}`
  return (
    <Picture<PulledImage>
      id="images"
      title="Most pulled images"
      description={`The ten with the most pulls of the ${periodName.toLowerCase()}.`}
      isEmpty={images.length === 0}
      empty={`No pulls in the ${periodName.toLowerCase()}.`}
      chart={
        <Ranking
          label="Most pulled images"
          entries={images.map((image) => ({
            key: keyOf(image),
            label: <ImageLink image={image} />,
            text: `${pulls(image.pulls)}, ${formatBytes(image.bytes)}`,
            parts: [{ look: 'cache', value: image.pulls }],
          }))}
        />
      }
      things="images"
      items={images}
      keyOf={keyOf}
      columns={[
        {
          id: 'image',
          header: 'Image',
          text: imageName,
          cell: (image) => <ImageLink image={image} />,
          isRowHeader: true,
        },
        number('pulls', 'Pulls', ({ pulls }) => pulls),
        size('bytes', 'Bytes', ({ bytes }) => bytes),
        ...registryColumns<PulledImage>(),
      ]}
    />
  )
}

const ImageLink = ({ image }: { readonly image: PulledImage }) => (
  <RegistryLink registry={image} to={`/repositories/${encodeURIComponent(image.repository)}`}>
    {imageName(image)}
  </RegistryLink>
)

/** Who pulled most often. */
export function Pullers({ statistics: { pullers }, periodName }: RankedProps) {
  return (
    <Picture<Puller>
      id="pullers"
      title="Who pulled"
      description={`The ten identities with the most pulls of the ${periodName.toLowerCase()}.`}
      isEmpty={pullers.length === 0}
      empty={`No pulls in the ${periodName.toLowerCase()}.`}
      chart={
        <Ranking
          label="Who pulled"
          entries={pullers.map(({ principal, pulls: count, bytes }) => ({
            key: principal,
            label: principal,
            text: `${pulls(count)}, ${formatBytes(bytes)}`,
            parts: [{ look: 'cache', value: count }],
          }))}
        />
      }
      things="identities"
      items={pullers}
      keyOf={({ principal }) => principal}
      columns={[
        { id: 'principal', header: 'ARN', text: ({ principal }) => principal, isRowHeader: true },
        number('pulls', 'Pulls', ({ pulls }) => pulls),
        size('bytes', 'Bytes', ({ bytes }) => bytes),
      ]}
    />
  )
}

/** What the cache holds, and what each rule did. */
export function CacheByRule({ statistics: { rules }, periodName }: RankedProps) {
  const keyOf = (rule: RuleStatistics) => `${rule.account} ${rule.region} ${rule.ecrRepositoryPrefix}`
  const largestFirst = [...rules].sort((a, b) => (b.holds?.layers.bytes ?? 0) - (a.holds?.layers.bytes ?? 0))
  return (
    <Picture<RuleStatistics>
      id="rules"
      title="What the cache holds"
      description={`By rule, now. The table also says what each rule did in the ${periodName.toLowerCase()}.`}
      isEmpty={rules.length === 0}
      empty="There are no pull through cache rules."
      chart={
        <Ranking
          label="What the cache holds"
          entries={largestFirst.slice(0, MAX_BARS).map((rule) => ({
            key: keyOf(rule),
            label: <RuleLink rule={rule} />,
            text: heldBy(rule),
            parts: [{ look: 'cache', value: rule.holds?.layers.bytes ?? 0 }],
          }))}
        />
      }
      things="rules"
      items={largestFirst}
      keyOf={keyOf}
      columns={[
        { id: 'rule', header: 'Rule', text: ruleName, cell: (rule) => <RuleLink rule={rule} />, isRowHeader: true },
        size('holds', 'Holds', ({ holds }) => holds?.layers.bytes),
        number('images', 'Images', ({ holds }) => holds?.images),
        number('hits', 'Hits', ({ hits }) => hits),
        number('misses', 'Misses', ({ misses }) => misses),
        size('spared', 'Bytes spared', ({ bytesSpared }) => bytesSpared),
        size('fetched', 'Bytes fetched', ({ bytesFetched }) => bytesFetched),
        number('failed', 'Failed checks', ({ checks }) => checks.failed),
        {
          id: 'failure',
          header: 'Last failure',
          text: ({ lastFailure }) => lastFailure?.reason,
          cell: ({ lastFailure }) => <Box variant="small">{lastFailure?.reason ?? 'None'}</Box>,
        },
        ...registryColumns<RuleStatistics>(),
      ]}
    />
  )
}

const MAX_BARS = 10

const ruleName = ({ ecrRepositoryPrefix, upstreamRegistryUrl }: RuleStatistics) =>
  `${ecrRepositoryPrefix} (${upstreamRegistryUrl})`

const RuleLink = ({ rule }: { readonly rule: RuleStatistics }) => (
  <RegistryLink
    registry={rule}
    to={`/private-registry/pull-through-cache/${encodeURIComponent(rule.ecrRepositoryPrefix)}`}
  >
    {ruleName(rule)}
  </RegistryLink>
)

const heldBy = ({ holds }: RuleStatistics) =>
  holds
    ? `${formatBytes(holds.layers.bytes)}, ${formatCount(holds.images, 'image')}`
    : 'being counted for the first time'
