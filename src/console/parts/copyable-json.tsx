import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { JsonText } from './json-text.js'

/** JSON with a button that copies it. The name says what it is, for the button: `Copy <name>`. */
export function CopyableJson({ value, name }: { readonly value: object; readonly name: string }) {
  const text = JSON.stringify(value, null, 2)
  return (
    <SpaceBetween size="xs">
      <JsonText text={text} label={name} />
      <CopyToClipboard
        copyButtonText="Copy"
        copyButtonAriaLabel={`Copy ${name}`}
        copySuccessText="Copied"
        copyErrorText="The browser did not allow copying: select the text instead"
        textToCopy={text}
      />
    </SpaceBetween>
  )
}
