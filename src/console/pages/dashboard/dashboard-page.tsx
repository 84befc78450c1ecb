import Grid from '@cloudscape-design/components/grid'
import SegmentedControl from '@cloudscape-design/components/segmented-control'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { useSearchParams } from 'react-router'
import type { Period, Statistics } from '../../../control-plane/admin/admin-answers.js'
import { FailureAlert } from '../../parts/failure-alert.js'
import { Page } from '../../parts/page.js'
import { ScopeControl, useScope } from '../../parts/registry-scope.js'
import { useParameter } from '../../parts/use-parameter.js'
import { pathWith, useAdmin } from '../../requests/admin.js'
import { DiskPicture } from './disk-picture.js'
import { FirstSteps } from './first-steps.js'
import { Headline } from './headline.js'
import { CacheByRule, MostPulledImages, Pullers } from './ranked-pictures.js'
import { tablesIn } from './picture.js'
import { PictureOverTime, timePictures } from './time-pictures.js'

const REFRESH_MS = 5_000

const PERIODS: Readonly<Record<Period, { readonly name: string; readonly bucket: string }>> = {
  hour: { name: 'Last hour', bucket: 'minute' },
  day: { name: 'Last day', bucket: 'ten minutes' },
}

/** The front page: what the cache did in the last hour or day, in pictures. */
export function DashboardPage() {
  const [parameter, choose] = useParameter('period', 'hour')
  const period: Period = parameter === 'day' ? 'day' : 'hour'
  const { query } = useScope()
  const { data, error } = useAdmin<Statistics>(pathWith('/statistics', { period, ...query }), {
    refetchInterval: REFRESH_MS,
  })
  return (
    <Page
      title="Dashboard"
      description={`What is cached, who pulled it, and what the upstream was spared. Times are in ${timeZone()}.`}
      actions={
        <SpaceBetween direction="horizontal" size="s">
          <ScopeControl />
          <SegmentedControl
            label="Period"
            selectedId={period}
            options={[
              { id: 'hour', text: PERIODS.hour.name },
              { id: 'day', text: PERIODS.day.name },
            ]}
            onChange={({ detail }) => choose(detail.selectedId)}
          />
        </SpaceBetween>
      }
    >
      <SpaceBetween size="l">
        <FailureAlert error={error} />
        <FirstSteps />
        {data ? (
          <Pictures statistics={data} period={period} />
        ) : (
          !error && <StatusIndicator type="loading">Loading the statistics</StatusIndicator>
        )}
      </SpaceBetween>
    </Page>
  )
}

function Pictures({ statistics, period }: { readonly statistics: Statistics; readonly period: Period }) {
  const { name, bucket } = PERIODS[period]
  const shared = { statistics, periodName: name }
  const tables = tablesIn(useSearchParams()[0])
  const pictures = [
    ...timePictures(bucket).map((picture) => <PictureOverTime key={picture.id} picture={picture} {...shared} />),
    <MostPulledImages key="images" {...shared} />,
    <Pullers key="pullers" {...shared} />,
    <CacheByRule key="rules" {...shared} />,
    <DiskPicture key="disk" disk={statistics.disk} />,
  ]
  return (
    <SpaceBetween size="l">
      <Headline total={statistics.total} periodName={name} refetchInterval={REFRESH_MS} />
      <Grid gridDefinition={pictures.map(({ key }) => ({ colspan: tables.includes(key ?? '') ? 12 : HALF }))}>
        {pictures}
      </Grid>
    </SpaceBetween>
  )
}

/** The width of a picture; a table has all of it. */
const HALF = { default: 12, s: 6 }

const timeZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone
