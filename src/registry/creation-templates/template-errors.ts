import { invalidParameterAt, repositoryNotFound, ServiceException } from '../errors.js'

/*
 * The errors of repository creation templates. The texts marked (documented) are AWS's one-line descriptions of
 * exceptions: the exact messages of the service are not public.
 */

/** (documented) */
export const templateAlreadyExists = () =>
  new ServiceException(
    'TemplateAlreadyExistsException',
    'The repository creation template already exists. Specify a unique prefix and try again.',
  )

/** (documented) */
export const templateNotFound = () =>
  new ServiceException(
    'TemplateNotFoundException',
    "The specified repository creation template can't be found. Verify the registry ID and prefix and try again.",
  )

/** The API reference requires a role of the registry's account. (inferred) */
export const invalidCustomRole = (account: string) =>
  invalidParameterAt('customRoleArn', `must be the ARN of a role of account ${account}`)

/**
 * A repository that is not created because its template cannot be applied. The service answers as if there were no
 * template (https://github.com/aws/containers-roadmap/issues/2398); the sentence in parentheses is ours.
 */
export class TemplateNotApplicable extends ServiceException {
  constructor(
    repository: string,
    account: string,
    readonly prefix: string,
    readonly reason: string,
  ) {
    const { code, message } = repositoryNotFound(repository, account)
    super(code, `${message} (ecr-local: the creation template '${prefix}' cannot be applied: ${reason})`)
  }
}
