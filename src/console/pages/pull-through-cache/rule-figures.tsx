import Alert from '@cloudscape-design/components/alert'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import SegmentedControl from '@cloudscape-design/components/segmented-control'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { Period, RuleStatistics } from '../../../control-plane/admin/admin-answers.js'
import { Bytes } from '../../parts/amounts.js'
import { failureOf } from '../../requests/request-failure.js'
import { LastFailure } from './rule-columns.js'
import { useRuleStatistics } from './use-cache-rules.js'
import { useParameter } from '../../parts/use-parameter.js'

/** What a rule did in the last hour or day, and what it holds. The period is in the address. */
export function RuleFigures({ prefix }: { readonly prefix: string }) {
  const [parameter, choose] = useParameter('period', 'day')
  const period: Period = parameter === 'hour' ? 'hour' : 'day'
  const { of, error } = useRuleStatistics(period)
  return (
    <Container
      header={
        <Header
          variant="h2"
          actions={
            <SegmentedControl
              label="Period"
              selectedId={period}
              options={[
                { id: 'hour', text: 'Last hour' },
                { id: 'day', text: 'Last 24 hours' },
              ]}
              onChange={({ detail }) => choose(detail.selectedId)}
            />
          }
        >
          Figures
        </Header>
      }
    >
      <SpaceBetween size="m">
        {error && <Alert type="info">There are no figures: {failureOf(error).message}</Alert>}
        <KeyValuePairs columns={4} items={pairsOf(of(prefix))} />
      </SpaceBetween>
    </Container>
  )
}

function pairsOf(figures: RuleStatistics | undefined) {
  const text = (value: number | undefined) => value?.toLocaleString('en') ?? '–'
  const { checks, holds } = figures ?? {}
  return [
    { label: 'Hits', value: text(figures?.hits) },
    { label: 'Misses', value: text(figures?.misses) },
    { label: 'Bytes spared', value: <Bytes value={figures?.bytesSpared} /> },
    { label: 'Bytes fetched', value: <Bytes value={figures?.bytesFetched} /> },
    { label: 'Checks answered', value: text(checks?.answered) },
    { label: 'Checks failed', value: text(checks?.failed) },
    { label: 'Last failure', value: <LastFailure failure={figures?.lastFailure} /> },
    { label: 'Holds', value: holds === null ? 'Not counted yet' : <Holds holds={holds} /> },
  ]
}

const Holds = ({ holds }: { readonly holds: RuleStatistics['holds'] | undefined }) =>
  holds ? (
    <>
      Images: {holds.images.toLocaleString('en')}, repositories: {holds.repositories.toLocaleString('en')}, layers:{' '}
      {holds.layers.count.toLocaleString('en')} (<Bytes value={holds.layers.bytes} />)
    </>
  ) : (
    <>–</>
  )
