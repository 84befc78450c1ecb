import type { Conditions } from './authorize.js'
import type { Role } from './identities.js'

/**
 * The condition keys for the tags of the role that a request is about.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access_iam-tags.html
 */
export const conditionsOfRoleTags = ({ tags }: Pick<Role, 'tags'>): Conditions =>
  Object.fromEntries(
    Object.entries(tags).flatMap(([key, value]) => [
      [`aws:ResourceTag/${key}`, value],
      [`iam:ResourceTag/${key}`, value],
    ]),
  )
