import Box from '@cloudscape-design/components/box'
import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard'
import SpaceBetween from '@cloudscape-design/components/space-between'

/** A command or a document in the font for code, with a button that copies it. `name` says what is copied. */
export const CopiedText = ({ name, text }: { readonly name: string; readonly text: string }) => (
  <SpaceBetween direction="horizontal" size="xs" alignItems="start">
    <CopyToClipboard
      variant="icon"
      textToCopy={text}
      copyButtonAriaLabel={`Copy ${name}`}
      copySuccessText="Copied"
      copyErrorText="The browser did not allow to copy it"
    />
    <Box variant="pre">{text}</Box>
  </SpaceBetween>
)
