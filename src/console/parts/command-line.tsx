import Box from '@cloudscape-design/components/box'
import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard'

/** A command to copy into a terminal. */
export const CommandLine = ({ name, text }: { readonly name: string; readonly text: string }) => (
  <CopyToClipboard
    variant="inline"
    textToCopy={text}
    textToDisplay={<Box variant="code">{text}</Box>}
    copyButtonAriaLabel={`Copy: ${name}`}
    copySuccessText="Copied"
    copyErrorText="The browser did not let it be copied: select the text instead"
  />
)
