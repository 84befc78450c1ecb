import CopyToClipboard, { type CopyToClipboardProps } from '@cloudscape-design/components/copy-to-clipboard'

/** Copies a text, beside it (`inline`) or not. Its label says what is copied, for those who do not see it. */
export const CopyButton = ({
  label,
  text,
  ...props
}: { readonly label: string; readonly text: string } & Pick<
  CopyToClipboardProps,
  'variant' | 'textToDisplay' | 'copyButtonText'
>) => (
  <CopyToClipboard
    {...props}
    textToCopy={text}
    copyButtonAriaLabel={label}
    copySuccessText="Copied"
    copyErrorText="The browser did not let it be copied: select the text instead"
  />
)
