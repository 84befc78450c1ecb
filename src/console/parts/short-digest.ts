/** A digest as lists show it: enough of it to tell images apart. */
export const shortDigest = (digest = ''): string => digest.replace(/^(sha\d+:[a-f0-9]{12}).*$/, '$1…')
