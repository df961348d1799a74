/** The order in which every store lists text: by code point, which is SQLite's (UTF-8 bytes) and not JavaScript's own. *Pure.* */

export const byCodePoint = (a: string, b: string): number => {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    if (a.charCodeAt(i) === b.charCodeAt(i)) continue;
    // The units that differ may be second halves: then the characters began one earlier.
    const start = i > 0 && isHigh(a.charCodeAt(i - 1)) ? i - 1 : i;
    return at(a, start) - at(b, start) || at(a, i) - at(b, i);
  }
  return a.length - b.length;
};

const isHigh = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
const at = (text: string, i: number): number => text.codePointAt(i) as number;
