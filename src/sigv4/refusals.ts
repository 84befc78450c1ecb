/** A refusal with AWS's code and message; the caller writes it to the client. */
export interface Refusal {
  readonly valid: false
  readonly code: string
  readonly message: string
}

const incomplete = (message: string): Refusal => ({ valid: false, code: 'IncompleteSignatureException', message })
const invalid = (message: string): Refusal => ({ valid: false, code: 'InvalidSignatureException', message })

/** Every refusal of a signature, named by its cause, with the messages of AWS's common front end. */
export const refusals = {
  missingAuthenticationToken: (): Refusal => ({
    valid: false,
    code: 'MissingAuthenticationTokenException',
    message: 'Request is missing Authentication Token',
  }),

  signedTwice: () =>
    invalid("Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."),

  incompleteHeader: (parameters: string[], dated: boolean, authorization: string) =>
    incomplete(
      [
        ...parameters.map((parameter) => `Authorization header requires '${parameter}' parameter.`),
        ...(dated ? [] : ["Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."]),
        `Authorization=${authorization}`,
      ].join(' '),
    ),

  incompleteQuery: (parameters: string[]) =>
    incomplete(
      [
        ...parameters.map((parameter) => `AWS query-string parameters must include '${parameter}'.`),
        'Re-examine the query-string parameters.',
      ].join(' '),
    ),

  invalidDate: (date: string) =>
    incomplete(`Date must be in ISO-8601 'basic format'. Got '${date}'. See http://en.wikipedia.org/wiki/ISO_8601`),

  invalidExpires: (expires: string) =>
    incomplete(`X-Amz-Expires must be a number of seconds between 1 and 604800. Got '${expires}'.`),

  expired: (date: string, limit: string, now: string, seconds: number) =>
    invalid(`Signature expired: ${date} is now earlier than ${limit} (${now} - ${duration(seconds)})`),

  notYetCurrent: (date: string, limit: string, now: string, seconds: number) =>
    invalid(`Signature not yet current: ${date} is still later than ${limit} (${now} + ${duration(seconds)})`),

  mustBeSigned: (header: string) => invalid(`'${header}' must be a 'SignedHeader' in the AWS Authorization.`),

  unsupportedAlgorithm: (algorithm: string) =>
    incomplete(`Unsupported AWS 'algorithm': '${algorithm}' (only AWS4-HMAC-SHA256 for now). `),

  malformedCredential: (credential: string) =>
    incomplete(
      `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${credential}'`,
    ),

  invalidScope: (sentences: string[]) => invalid(sentences.join(' ')),

  unknownAccessKey: (): Refusal => ({
    valid: false,
    code: 'UnrecognizedClientException',
    message: 'The security token included in the request is invalid.',
  }),

  wrongSignature: () =>
    invalid(
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    ),
}

const duration = (seconds: number) => (seconds % 60 === 0 ? `${seconds / 60} min.` : `${seconds} sec.`)
