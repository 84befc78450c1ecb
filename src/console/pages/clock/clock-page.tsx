import SpaceBetween from '@cloudscape-design/components/space-between'
import { Page } from '../../parts/page.js'
import { ClockAdvance } from './clock-advance.js'
import { ClockNow } from './clock-now.js'
import { DueChecks } from './due-checks.js'
import { StateReset } from './state-reset.js'

/** Clock: the emulator's time, what becomes due when it is advanced, and the reset that takes it back. */
export const ClockPage = () => (
  <Page
    title="Clock"
    description="The time that both planes go by. Advance it instead of waiting for what takes hours or days."
  >
    <SpaceBetween size="l">
      <ClockNow />
      <ClockAdvance />
      <DueChecks />
      <StateReset />
    </SpaceBetween>
  </Page>
)
