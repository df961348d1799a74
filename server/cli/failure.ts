/** A failure that is said in one line, without a stack. */
export class Failure extends Error {}
