import { PageLink } from '../../parts/page-link.js'
import { imageAddress } from './image-kind.js'
import { CopyButton } from '../../parts/copy-button.js'
import { shortDigest } from '../../parts/short-digest.js'

/** A digest, shortened; the whole one is copied. With a repository it links to the page of the image. */
export const Digest = ({ value = '', repository }: { readonly value?: string; readonly repository?: string }) => (
  <CopyButton
    variant="inline"
    text={value}
    textToDisplay={
      <span title={value}>
        {repository === undefined ? (
          shortDigest(value)
        ) : (
          <PageLink to={imageAddress(repository, value)}>{shortDigest(value)}</PageLink>
        )}
      </span>
    }
    label={`Copy ${shortDigest(value)}`}
  />
)
