import Alert from '@cloudscape-design/components/alert'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { useParams, useSearchParams } from 'react-router'
import type { ExplainedRequest } from '../../../registry/ports/decision-source.js'
import { FailureAlert } from '../../parts/failure-alert.js'
import { PageLink } from '../../parts/page-link.js'
import { Page } from '../../parts/page.js'
import { pathWith, useAdmin } from '../../requests/admin.js'
import { DecisionDetails } from './decision-details.js'
import { DecisionTree } from './decision-tree.js'
import { RequestIdForm } from './request-id-form.js'
import { RequestSummary } from './request-summary.js'

/** What is asked for: the explanation, and why that of the data plane is missing from it. */
type Explanation = ExplainedRequest & { readonly incomplete?: string }

const ASKED_EVERY_MS = 2_000

/** The decisions about one request as a tree, and the details of the one that the address names. */
export function DecisionOfRequest() {
  const { requestId = '' } = useParams()
  const { data, error } = useAdmin<Explanation>(pathWith('/explain', { requestId }), {
    refetchInterval: ASKED_EVERY_MS,
  })
  return (
    <Page
      title="Why?"
      description="Why the request was allowed or denied."
      actions={<PageLink to="/why">Recent refusals</PageLink>}
    >
      <SpaceBetween size="l">
        <RequestIdForm key={requestId} requestId={requestId} />
        <FailureAlert error={error} />
        {data?.incomplete !== undefined && <Alert type="warning">{data.incomplete}</Alert>}
        {data === undefined && !error && <StatusIndicator type="loading">Loading the explanation</StatusIndicator>}
        {data && <Explained request={data} />}
      </SpaceBetween>
    </Page>
  )
}

function Explained({ request }: { readonly request: ExplainedRequest }) {
  const [parameters] = useSearchParams()
  const { decisions, decisionsLeftOut } = request
  const chosen = parameters.get('decision')
  const firstDenied = decisions.findIndex(({ allowed }) => !allowed)
  const index = chosen === null ? Math.max(firstDenied, 0) : Number(chosen) - 1
  const decision = decisions[index]
  return (
    <SpaceBetween size="l">
      <RequestSummary request={request} />
      <Container
        header={
          <Header
            variant="h2"
            counter={`(${decisions.length})`}
            description={
              decisionsLeftOut === undefined
                ? undefined
                : `${decisionsLeftOut.toLocaleString('en')} more were made and not kept.`
            }
          >
            Decisions
          </Header>
        }
      >
        {decisions.length === 0 ? (
          'The request was refused before any decision was made: its message says why.'
        ) : (
          // Another request or decision opens other branches.
          <DecisionTree key={`${request.requestId} ${index}`} request={request} chosen={index} />
        )}
      </Container>
      {decision ? (
        <DecisionDetails decision={decision} />
      ) : (
        decisions.length > 0 && (
          <Alert type="info">
            There is no decision {chosen}: the request has {decisions.length}.{' '}
            <PageLink to="?">Show the one that counts</PageLink>
          </Alert>
        )
      )}
    </SpaceBetween>
  )
}
