import SpaceBetween from '@cloudscape-design/components/space-between'
import { JsonText } from './json-text.js'
import { CopyButton } from './copy-button.js'

/** JSON with a button that copies it. The name says what it is, for the button: `Copy <name>`. */
export function CopyableJson({ value, name }: { readonly value: object; readonly name: string }) {
  const text = JSON.stringify(value, null, 2)
  return (
    <SpaceBetween size="xs">
      <JsonText text={text} label={name} />
      <CopyButton copyButtonText="Copy" label={`Copy ${name}`} text={text} />
    </SpaceBetween>
  )
}
