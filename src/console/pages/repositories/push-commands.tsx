import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Modal from '@cloudscape-design/components/modal'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Tabs from '@cloudscape-design/components/tabs'
import { useState } from 'react'
import { CommandLine } from '../../parts/command-line.js'
import { FailureAlert } from '../../parts/failure-alert.js'
import { pushSteps, type PushSteps } from '../images/pull-command-lines.js'
import { useRegistryAccess, useRepository } from './repository-requests.js'

/** Opens the dialog with the commands that push to a repository; disabled without one. */
export function PushCommandsButton({ repository }: { readonly repository: string | undefined }) {
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      <Button disabled={repository === undefined} onClick={() => setOpen(true)}>
        View push commands
      </Button>
      {isOpen && repository !== undefined && <PushCommands repository={repository} onDismiss={() => setOpen(false)} />}
    </>
  )
}

function PushCommands({ repository, onDismiss }: { readonly repository: string; readonly onDismiss: () => void }) {
  const access = useRegistryAccess()
  const { data, error } = useRepository(repository)
  const { repositoryUri } = data ?? {}
  return (
    <Modal
      visible
      size="large"
      header={`Push commands for ${repository}`}
      onDismiss={onDismiss}
      footer={
        <Box float="right">
          <Button onClick={onDismiss}>Close</Button>
        </Box>
      }
    >
      <FailureAlert error={error} />
      {repositoryUri !== undefined && (
        <Tabs
          ariaLabel="Client"
          tabs={pushSteps(repositoryUri, access).map(({ client, steps }) => ({
            id: client,
            label: client,
            content: <Steps steps={steps} />,
          }))}
        />
      )}
    </Modal>
  )
}

const Steps = ({ steps }: Pick<PushSteps, 'steps'>) => (
  <ol>
    {steps.map(({ name, text }) => (
      <li key={name}>
        <SpaceBetween size="xxs">
          <Box>{name}:</Box>
          <CommandLine name={name} text={text} />
        </SpaceBetween>
      </li>
    ))}
  </ol>
)
