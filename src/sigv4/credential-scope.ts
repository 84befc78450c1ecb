import { type Refusal, refusals } from './refusals.js'
import type { SigningDate } from './signing-date.js'

/** The access key id and the scope of the signing key: day, Region, service. */
export interface CredentialScope {
  readonly accessKeyId: string
  readonly date: string
  readonly region: string
  readonly service: string
  readonly terminator: string
}

/** Splits a credential; undefined if it does not have five parts. Trailing slashes are ignored, as AWS does. */
export function readCredential(credential: string): CredentialScope | undefined {
  let end = credential.length
  while (credential[end - 1] === '/') end--
  const [accessKeyId, date, region, service, terminator, ...rest] = credential.slice(0, end).split('/')
  if (accessKeyId === undefined || date === undefined || region === undefined) return undefined
  if (service === undefined || terminator === undefined || rest.length > 0) return undefined
  return { accessKeyId, date, region, service, terminator }
}

/** A refusal with one sentence for each fault. The credential names the Region, so any well-formed Region is valid. */
export function refuseScope(scope: CredentialScope, service: string, date: SigningDate): Refusal | undefined {
  const day = date.text.slice(0, 8)
  const sentences = [
    !isRegion(scope.region) && `Credential should be scoped to a valid region, not '${scope.region}'.`,
    scope.service !== service && `Credential should be scoped to correct service: '${service}'.`,
    scope.terminator !== 'aws4_request' &&
      `Credential should be scoped with a valid terminator: 'aws4_request', not '${scope.terminator}'.`,
    scope.date !== day &&
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${scope.date}' != '${day}', from '${date.text}'.`,
  ].filter((sentence) => sentence !== false)
  return sentences.length > 0 ? refusals.invalidScope(sentences) : undefined
}

/** Whether a text has the form of a Region's name. */
export const isRegion = (text: string): boolean => REGION.test(text)

const REGION = /^[a-z]{2,8}(-[a-z]{1,16}){1,3}-\d{1,2}$/
