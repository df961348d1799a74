/** The opaque cursor of a list: where the next page starts. *Pure.* */

export const encodeCursor = (after: string): string => Buffer.from(`1 ${after}`).toString("base64url");

/** Null for what we never handed out. */
export const decodeCursor = (cursor: string): string | null => {
  if (!/^[A-Za-z0-9_-]+$/.test(cursor)) return null;
  const text = Buffer.from(cursor, "base64url").toString("utf8");
  return text.startsWith("1 ") && encodeCursor(text.slice(2)) === cursor ? text.slice(2) : null;
};
