import Box from '@cloudscape-design/components/box'
import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard'

/** A command to be copied into a terminal. `does` says in a few words what it does, for the name of the button. */
export const CommandLine = ({ does, children }: { readonly does: string; readonly children: string }) => (
  <CopyToClipboard
    variant="inline"
    textToCopy={children}
    textToDisplay={<Box variant="code">{children}</Box>}
    wrapText
    copyButtonAriaLabel={`Copy the command: ${does}`}
    copySuccessText="Command copied"
    copyErrorText="The browser does not let this page copy: select the command and copy it"
  />
)
