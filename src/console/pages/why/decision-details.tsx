import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import type { ReactNode } from 'react'
import type { ExplainedDecision } from '../../../registry/ports/decision-source.js'
import { StatementsToAdd } from './statements-to-add.js'

/** One decision: the caller, the values of its conditions, what would change it, and the statements to add. */
export function DecisionDetails({ decision }: { readonly decision: ExplainedDecision }) {
  const { action, resource, principal, allowed, wouldChange, warnings } = decision
  return (
    <Container header={<Header variant="h2">Decision</Header>}>
      <SpaceBetween size="l">
        {warnings.length > 0 && (
          <Alert type="warning" header="A probable mistake">
            <Sentences texts={warnings} />
          </Alert>
        )}
        <KeyValuePairs
          columns={2}
          items={[
            { label: 'Action', value: action },
            {
              label: 'Decision',
              value: <StatusIndicator type={allowed ? 'success' : 'error'}>{verdict(decision)}</StatusIndicator>,
            },
            { label: 'Resource', value: resource },
            { label: 'Principal', value: principal },
            { label: 'Decided by', value: decidedBy(decision) },
          ]}
        />
        <Conditions conditions={decision.conditions} />
        {wouldChange.length > 0 && (
          <Section title="What would allow it">
            <Sentences texts={wouldChange} />
          </Section>
        )}
        <StatementsToAdd decision={decision} />
      </SpaceBetween>
    </Container>
  )
}

function verdict({ allowed, type, decidedBy: place }: ExplainedDecision): string {
  if (allowed) return 'Allowed'
  if (type === undefined) return 'Denied'
  return place ? `Denied by a statement of the ${type}` : `Denied: no ${type} allows it`
}

function decidedBy({ decidedBy: place, allowed }: ExplainedDecision): string {
  if (place) return `Statement ${place.index + 1}${place.sid === undefined ? '' : `, ${place.sid}`} of ${place.policy}`
  return allowed ? 'No policy was needed' : 'No statement: nothing allowed it'
}

const Section = ({ title, children }: { readonly title: string; readonly children: ReactNode }) => (
  <section aria-label={title}>
    <Box variant="h3">{title}</Box>
    {children}
  </section>
)

const Sentences = ({ texts }: { readonly texts: readonly string[] }) => (
  <ul>
    {texts.map((text) => (
      <li key={text}>{text}</li>
    ))}
  </ul>
)

function Conditions({ conditions }: Pick<ExplainedDecision, 'conditions'>) {
  const entries = Object.entries(conditions)
  if (entries.length === 0) return null
  return (
    <Section title="Condition keys in the policies, and their values in the request">
      <KeyValuePairs
        columns={2}
        items={entries.map(([label, value]) => ({
          label,
          value: value === null ? 'The request has no value' : typeof value === 'string' ? value : value.join(', '),
        }))}
      />
    </Section>
  )
}
