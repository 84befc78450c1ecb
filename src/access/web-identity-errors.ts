import { ServiceException } from '../registry/errors.js'

/*
 * The errors of a web identity token. The texts marked (documented) are the API reference's descriptions, the others
 * were seen in answers of STS.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 */

const invalidIdentityToken = (message: string) => new ServiceException('InvalidIdentityToken', message)

/** The token cannot be parsed. */
export const notAnIdToken = () =>
  invalidIdentityToken('The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)')

/** The role's account trusts no provider with this issuer. */
export const noProvider = (issuer: string) =>
  invalidIdentityToken(`No OpenIDConnect provider found in your account for ${issuer}`)

/** None of the provider's keys is the one that the token names. */
export const noVerificationKey = () =>
  invalidIdentityToken(
    "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
  )

/** The token is for none of the provider's client ids. */
export const wrongAudience = () => invalidIdentityToken('Incorrect token audience')

/** A claim is absent that every token must have. */
export const missingClaim = (name: string) => invalidIdentityToken(`Missing a required claim: ${name}`)

/** The signature is wrong, or the token is not valid yet (documented). */
export const unverifiableToken = () =>
  invalidIdentityToken(
    'The web identity token that was passed could not be validated by Amazon Web Services. Get a new identity token from the identity provider and then retry the request.',
  )

/** The code of this refusal is ExpiredTokenException; expired credentials are ExpiredToken in the query protocol. */
export const expiredIdentityToken = (now: number, expiry: number) =>
  new ServiceException(
    'ExpiredIdentityToken',
    `Token expired: current date/time ${now} must be before the expiration date/time ${expiry}`,
  )

/** The provider's keys cannot be read (documented). */
export const providerUnavailable = () =>
  new ServiceException(
    'IDPCommunicationError',
    "The request could not be fulfilled because the identity provider (IDP) that was asked to verify the incoming identity token could not be reached. This is often a transient error caused by network conditions. Retry the request a limited number of times so that you don't exceed the request rate. If the error persists, the identity provider might be down or not responding.",
  )

/** The trust policy does not allow the token, or there is no such role. */
export const webIdentityDenied = (action: string) =>
  new ServiceException('AccessDeniedException', `Not authorized to perform ${action}`)
