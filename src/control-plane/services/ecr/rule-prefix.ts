/** A prefix as rules keep it: the slash at its end is assumed, so `ecr-public/` and `ecr-public` are one rule. */
export const rulePrefix = (prefix: string): string => prefix.replace(/\/$/, '')
