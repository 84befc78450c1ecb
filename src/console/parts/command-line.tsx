import Box from '@cloudscape-design/components/box'
import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard'
import './command-line.css'

/** A command to copy into a terminal. The name says in a few words what it does. */
export const CommandLine = ({ name, text }: { readonly name: string; readonly text: string }) => (
  <div className="command-line">
    <CopyToClipboard
      variant="icon"
      textToCopy={text}
      copyButtonAriaLabel={`Copy: ${name}`}
      copySuccessText="Copied"
      copyErrorText="The browser did not let it be copied: select the text instead"
    />
    <Box variant="code">{text}</Box>
  </div>
)
