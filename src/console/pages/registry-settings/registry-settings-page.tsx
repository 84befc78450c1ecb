import SpaceBetween from '@cloudscape-design/components/space-between'
import { Page } from '../../parts/page.js'
import { AccountSettings } from './account-settings.js'
import { PullTimeExclusions } from './pull-time-exclusions.js'
import { SigningRules } from './signing-rules.js'

/** Settings: what else of the registry can be set, and has no page of its own. */
export const RegistrySettingsPage = () => (
  <Page
    title="Settings"
    description="Features of the registry: its account settings, pull-time updates and managed signing."
  >
    <SpaceBetween size="l">
      <AccountSettings />
      <PullTimeExclusions />
      <SigningRules />
    </SpaceBetween>
  </Page>
)
