/** Something that the person who started the suite can correct. */
export class UsageError extends Error {}
