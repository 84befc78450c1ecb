import Box from '@cloudscape-design/components/box'
import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard'
import './command-line.css'

/** A command to be copied into a terminal. `does` says in a few words what it does, for the name of the button. */
export const CommandLine = ({ does, children }: { readonly does: string; readonly children: string }) => (
  <div className="command-line">
    <CopyToClipboard
      variant="icon"
      textToCopy={children}
      copyButtonAriaLabel={`Copy the command: ${does}`}
      copySuccessText="Command copied"
      copyErrorText="The browser does not let this page copy: select the command and copy it"
    />
    <Box variant="code">{children}</Box>
  </div>
)
