/** The Region that the variables of the SDKs name; empty ones count as unset. */
export const regionIn = ({ AWS_REGION, AWS_DEFAULT_REGION }: NodeJS.ProcessEnv): string | undefined =>
  [AWS_REGION, AWS_DEFAULT_REGION].find(Boolean)
