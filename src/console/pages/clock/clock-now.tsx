import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { Time } from '../../parts/amounts.js'
import { Duration } from '../../parts/duration.js'
import { FailureAlert } from '../../parts/failure-alert.js'
import { useEmulatorTime } from '../../requests/emulator-time.js'

/** How long the password of a docker login is valid, as ECR's are: 12 hours. */
const TOKEN_LIFETIME_MS = 12 * 60 * 60 * 1000

/** The emulator's time, how far it is ahead, and until when a login of now is valid. */
export function ClockNow() {
  const { now, advancedSeconds = 0, error } = useEmulatorTime()
  return (
    <SpaceBetween size="s">
      <FailureAlert error={error} />
      <Container header={<Header variant="h2">Time of the emulator</Header>}>
        <KeyValuePairs
          columns={3}
          items={[
            {
              label: 'Now',
              value: (
                <span role="timer" aria-label="Time of the emulator">
                  <Time value={now} />
                </span>
              ),
            },
            {
              label: 'Ahead of this machine',
              value: now ? <Advance seconds={advancedSeconds} /> : '–',
            },
            {
              label: 'A docker login of now is valid until',
              value: <Time value={now && new Date(now.getTime() + TOKEN_LIFETIME_MS)} />,
            },
          ]}
        />
      </Container>
    </SpaceBetween>
  )
}

const Advance = ({ seconds }: { readonly seconds: number }) =>
  seconds === 0 ? <>Not advanced</> : <Duration seconds={seconds} />
