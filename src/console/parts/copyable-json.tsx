import Box from '@cloudscape-design/components/box'
import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard'
import SpaceBetween from '@cloudscape-design/components/space-between'

const WRAPPED = { whiteSpace: 'pre-wrap', overflowWrap: 'anywhere', margin: 0 } as const

/** JSON as one reads it, whose long lines wrap. */
export const JsonText = ({ value }: { readonly value: object }) => (
  <Box variant="code">
    <pre style={WRAPPED}>{JSON.stringify(value, null, 2)}</pre>
  </Box>
)

/** JSON with a button that copies it. The name says what it is, for the button: `Copy <name>`. */
export const CopyableJson = ({ value, name }: { readonly value: object; readonly name: string }) => (
  <SpaceBetween size="xs">
    <JsonText value={value} />
    <CopyToClipboard
      copyButtonText="Copy"
      copyButtonAriaLabel={`Copy ${name}`}
      copySuccessText="Copied"
      copyErrorText="The browser did not allow copying: select the text instead"
      textToCopy={JSON.stringify(value, null, 2)}
    />
  </SpaceBetween>
)
