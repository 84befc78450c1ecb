/**
 * The mode of directories: accessible only to the user that the planes run as. Other users must go through the
 * registry, which checks their permissions.
 */
export const PRIVATE_DIRECTORY = 0o700

/** The mode of files, likewise. A umask cannot add permissions to either. */
export const PRIVATE_FILE = 0o600
