/**
 * The `Idempotency-Key` of a request, as the IETF's draft has it (draft-ietf-httpapi-idempotency-key-header): a string in double
 * quotes (RFC 8941); one without quotes is taken as well, since many clients send it so. `"k1"` and `k1` are one key.
 */

/** Null: it is no key. */
export const keyIn = (header: string): string | null => {
  if (/^[\x21\x23-\x7e][\x21-\x7e]{0,199}$/.test(header)) return header;
  const quoted = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\]){1,400})"$/.exec(header);
  const text = quoted?.[1]?.replace(/\\(["\\])/g, "$1");
  return text === undefined || text.length > 200 ? null : text;
};

/** Requests that are being worked on: who asked, and under which key. */
export const makeUnderWay = () => {
  const keys = new Set<string>();
  return {
    /** False: one of that key is under way. */
    enter: (by: string, key: string): boolean => {
      const name = `${by} ${key}`;
      if (keys.has(name)) return false;
      keys.add(name);
      return true;
    },
    leave: (by: string, key: string): void => void keys.delete(`${by} ${key}`),
  };
};
