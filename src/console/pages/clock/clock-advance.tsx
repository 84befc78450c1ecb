import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { type FormEvent, useState } from 'react'
import { FailureAlert } from '../../parts/failure-alert.js'
import { useAdminChange } from '../../requests/admin.js'
import { failureOf } from '../../requests/request-failure.js'
import { numberOrText } from '../../parts/number-or-text.js'

const HOUR = 3600

const STEPS = [
  { text: '+1 h', seconds: HOUR },
  { text: '+12 h', seconds: 12 * HOUR },
  { text: '+24 h', seconds: 24 * HOUR, isUsual: true },
  { text: '+7 days', seconds: 7 * 24 * HOUR },
]

/** Advances the clock by a step, or by a number of seconds. */
export function ClockAdvance() {
  const [seconds, setSeconds] = useState('')
  const { mutate, isPending, error, variables } = useAdvance()
  const isOfField = variables?.isTyped === true
  const submit = (event: FormEvent) => {
    event.preventDefault()
    mutate({ advanceSeconds: numberOrText(seconds), isTyped: true }, { onSuccess: () => setSeconds('') })
  }
  return (
    <Container
      header={
        <Header
          variant="h2"
          description="Of both planes, for everyone who uses this installation. Only a reset takes the clock back."
        >
          Advance the clock
        </Header>
      }
    >
      <SpaceBetween size="m">
        {!isOfField && <FailureAlert error={error} />}
        <SpaceBetween direction="horizontal" size="xs">
          {STEPS.map((step) => (
            <Button
              key={step.text}
              variant={step.isUsual ? 'primary' : 'normal'}
              disabled={isPending}
              ariaLabel={`Advance the clock by ${step.text.slice(1)}: ${step.text}`}
              onClick={() => mutate({ advanceSeconds: step.seconds })}
            >
              {step.text}
            </Button>
          ))}
        </SpaceBetween>
        <form onSubmit={submit}>
          <FormField
            label="Another number of seconds"
            errorText={isOfField && error ? failureOf(error).message : undefined}
            secondaryControl={
              <Button formAction="submit" disabled={seconds === ''} loading={isPending && isOfField}>
                Advance
              </Button>
            }
          >
            <Input value={seconds} inputMode="numeric" onChange={({ detail }) => setSeconds(detail.value)} />
          </FormField>
        </form>
        <Consequences />
      </SpaceBetween>
    </Container>
  )
}

interface Advance {
  readonly advanceSeconds: number | string
  /** Whether it was typed into the field, beside which the refusal belongs. */
  readonly isTyped?: boolean
}

const useAdvance = () =>
  useAdminChange<Advance, { readonly now: string }>('/clock', {
    succeeded: ({ now }) => `It is now ${new Date(now).toLocaleString()} for both planes`,
  })

const Consequences = () => (
  <Box variant="small">
    <ul>
      <li>Cached tags whose check is due are compared with their upstream when they are pulled next.</li>
      <li>A docker login is void 12 hours after it was made: log in again.</li>
      <li>Lifecycle policies are evaluated, and what else falls due is done, as if the time had passed.</li>
    </ul>
  </Box>
)
