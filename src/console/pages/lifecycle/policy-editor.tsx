import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Tabs from '@cloudscape-design/components/tabs'
import Textarea from '@cloudscape-design/components/textarea'
import { Time } from '../../parts/amounts.js'
import { FailureAlert } from '../../parts/failure-alert.js'
import { useParameter } from '../../parts/use-parameter.js'
import { newRule, rulesInText, textOf } from './policy-text.js'
import { RuleFields } from './rule-fields.js'

/** What the editor shows and tells. */
interface PolicyEditorProps {
  readonly text: string
  /** Whether the text is the one that is saved. */
  readonly isSaved: boolean
  /** Whether the repository has a policy. */
  readonly exists: boolean
  readonly lastEvaluatedAt: Date | undefined
  readonly error: unknown
  readonly isBusy: boolean
  readonly onChange: (text: string) => void
  readonly onDiscard: () => void
  readonly onSave: () => void
  readonly onDelete: () => void
}

/** Edits a policy as rules or as JSON. Nothing is saved until the button says so. */
export function PolicyEditor(props: PolicyEditorProps) {
  const { text, isSaved, error, onChange } = props
  const [view, setView] = useParameter('view', 'rules')
  return (
    <Container header={<EditorHeader {...props} />}>
      <SpaceBetween size="m">
        {!isSaved && <Alert type="info">These changes are not saved. The preview shows what they would do.</Alert>}
        <Tabs
          ariaLabel="How the policy is edited"
          activeTabId={view}
          onChange={({ detail }) => setView(detail.activeTabId)}
          tabs={[
            { id: 'rules', label: 'Rules', content: <Rules text={text} onChange={onChange} /> },
            {
              id: 'json',
              label: 'JSON',
              content: (
                <FormField label="Lifecycle policy JSON" stretch>
                  <Textarea
                    value={text}
                    rows={18}
                    spellcheck={false}
                    invalid={Boolean(error)}
                    onChange={({ detail }) => onChange(detail.value)}
                  />
                </FormField>
              ),
            },
          ]}
        />
        <FailureAlert error={error} />
      </SpaceBetween>
    </Container>
  )
}

function EditorHeader({
  exists,
  isSaved,
  isBusy,
  lastEvaluatedAt,
  onDiscard,
  onSave,
  onDelete,
  text,
}: PolicyEditorProps) {
  return (
    <Header
      variant="h2"
      description={
        exists ? (
          <>Last evaluated: {lastEvaluatedAt ? <Time value={lastEvaluatedAt} /> : 'not yet'}</>
        ) : (
          'This repository has no lifecycle policy: its images stay until they are deleted.'
        )
      }
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <Button disabled={!exists} onClick={onDelete}>
            Delete policy
          </Button>
          <Button disabled={isSaved} onClick={onDiscard}>
            Discard changes
          </Button>
          <Button variant="primary" disabled={isSaved || text === ''} loading={isBusy} onClick={onSave}>
            Save
          </Button>
        </SpaceBetween>
      }
    >
      Lifecycle policy
    </Header>
  )
}

function Rules({ text, onChange }: Pick<PolicyEditorProps, 'text' | 'onChange'>) {
  const rules = rulesInText(text)
  if (!rules) return <Alert type="warning">The JSON cannot be shown as rules. Correct it in the tab JSON.</Alert>
  return (
    <SpaceBetween size="m">
      {rules.length === 0 && <Box color="text-body-secondary">There are no rules yet.</Box>}
      {rules.map((rule, index) => (
        <RuleFields
          // A rule has no identity but its place.
          key={`${index} of ${rules.length}`}
          number={index + 1}
          rule={rule}
          onChange={(changed) => onChange(textOf(rules.with(index, changed)))}
          onRemove={() => onChange(textOf(rules.toSpliced(index, 1)))}
        />
      ))}
      <Button iconName="add-plus" onClick={() => onChange(textOf([...rules, newRule(rules)]))}>
        Add rule
      </Button>
    </SpaceBetween>
  )
}
