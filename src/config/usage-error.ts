/** A mistake of the user. The message is one line that says what is wrong and how to correct it. Exit status 2. */
export class UsageError extends Error {}
