import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard'
import { PageLink } from '../../parts/page-link.js'
import { imageAddress, shortDigest } from './image-kind.js'

/** A digest, shortened; the whole one is copied. With a repository it links to the page of the image. */
export const Digest = ({ value = '', repository }: { readonly value?: string; readonly repository?: string }) => (
  <CopyToClipboard
    variant="inline"
    textToCopy={value}
    textToDisplay={
      <span title={value}>
        {repository === undefined ? (
          shortDigest(value)
        ) : (
          <PageLink to={imageAddress(repository, value)}>{shortDigest(value)}</PageLink>
        )}
      </span>
    }
    copyButtonAriaLabel={`Copy ${shortDigest(value)}`}
    copySuccessText="Digest copied"
    copyErrorText="The browser did not let it be copied: select the text instead"
  />
)
