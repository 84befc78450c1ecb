import Box from '@cloudscape-design/components/box'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import type { ExplainedRequest } from '../../../registry/ports/decision-source.js'
import { Time } from '../../parts/amounts.js'
import { CopyButton } from '../../parts/copy-button.js'

/** The request, and what it was answered with. */
export function RequestSummary({ request }: { readonly request: ExplainedRequest }) {
  const { requestId, at, plane, operation, outcome, hint } = request
  const message = typeof outcome === 'object' ? outcome.message : undefined
  return (
    <Container header={<Header variant="h2">Request</Header>}>
      <KeyValuePairs
        columns={3}
        items={[
          { label: 'Operation', value: operation ?? '–' },
          { label: 'Answered by', value: plane === undefined ? '–' : `The ${plane} plane` },
          { label: 'Time', value: <Time value={at} /> },
          { label: 'Outcome', value: <Outcome outcome={outcome} /> },
          {
            label: 'Request ID',
            value: <CopyButton variant="inline" label="Copy the request ID" text={requestId} />,
          },
        ]}
      />
      {(message !== undefined || hint !== undefined) && (
        <Box margin={{ top: 'l' }}>
          <KeyValuePairs
            columns={1}
            items={[
              ...(message === undefined ? [] : [{ label: 'Message', value: message }]),
              ...(hint === undefined ? [] : [{ label: 'What the client was not told', value: hint }]),
            ]}
          />
        </Box>
      )}
    </Container>
  )
}

function Outcome({ outcome }: Pick<ExplainedRequest, 'outcome'>) {
  if (outcome === 'answered') return <StatusIndicator type="success">Answered</StatusIndicator>
  if (outcome === 'in hand') return <StatusIndicator type="in-progress">In progress</StatusIndicator>
  return <StatusIndicator type="error">{outcome.code}</StatusIndicator>
}
