/** What whoever starts the emulator got wrong: one line that says what, and what would be right. Exit status 2. */
export class UsageError extends Error {}
