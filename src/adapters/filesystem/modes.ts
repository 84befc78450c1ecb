/** Images and state are for the user the planes run as: everybody else asks the registry, which knows who may have what. */
export const PRIVATE_DIRECTORY = 0o700

/** The same for files. Neither is opened further by a umask, which only takes bits away. */
export const PRIVATE_FILE = 0o600
