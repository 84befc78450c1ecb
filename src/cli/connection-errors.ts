/** Whether an error says that a certificate is not trusted. */
export const isTrustError = (error: unknown): boolean => /CERT|SELF_SIGNED|ISSUER|VERIFY/.test(codeOf(error))

/** The code of a system or TLS error; empty if it has none. */
export const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? ''

/** The message if no emulator answered at an endpoint: why, and what to do. */
export function noAnswerText(endpoint: string, error: unknown): string {
  const code = codeOf(error)
  if (isTrustError(error))
    return `The certificate at ${endpoint} is not trusted (${code}): name its authority in NODE_EXTRA_CA_CERTS`
  // For a refused connection, the sentence itself already says that nothing listens there.
  const why = code === '' || code === 'ECONNREFUSED' ? '' : ` (${code})`
  return `No emulator answers at ${endpoint}${why}: start one, or name the one that runs with --host and --port`
}
