/** A mistake of the user: one line that says what is wrong and what would be right. Exit status 2. */
export class UsageError extends Error {}
