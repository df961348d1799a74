/** What a caller may do. Scopes do not nest, but for `read`, which comes with each of the others. *Pure.* */

export const scopes = ["read", "operate", "approve", "admin"] as const;
export type Scope = (typeof scopes)[number];

export const isScope = (word: string): word is Scope => (scopes as ReadonlyArray<string>).includes(word);

/**
 * Who approves need not be able to act, and who makes keys neither: each scope is given by itself. Only reading comes along,
 * since nobody decides what they cannot see.
 */
export const allows = (given: ReadonlyArray<Scope>, needed: Scope): boolean =>
  needed === "read" ? given.length > 0 : given.includes(needed);

/** One person under two names that differ in case or blanks is one person. */
export const personOf = (name: string): string => name.normalize("NFKC").trim().toLowerCase();
