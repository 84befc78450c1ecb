import Box from '@cloudscape-design/components/box'

/** JSON indented for reading; other text as it is. */
export function prettyJson(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}

/** JSON as it is read: indented, and in lines that wrap. */
export const JsonText = ({ text, label }: { readonly text: string; readonly label: string }) => (
  <Box variant="pre" nativeAttributes={{ role: 'group', 'aria-label': label, style: WRAPPED }}>
    {prettyJson(text)}
  </Box>
)

const WRAPPED = { overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' } as const
