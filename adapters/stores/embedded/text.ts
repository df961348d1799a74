/**
 * How a JavaScript string goes into a database that keeps UTF-8 and ends text at U+0000: NUL and lone surrogates are
 * escaped, order and prefixes are kept. *Pure.*
 */

/** NUL → 01 01, U+0001 → 01 02; a lone surrogate → E000 and an offset, U+E000 → E000 E000. Each keeps its place in the order. */
const SURROGATE_ESCAPE = "\ue000";
const OFFSET = 0x20;
const SURROGATE = 0xd800;

const plain = (text: string): boolean =>
  (text as string & { isWellFormed(): boolean }).isWellFormed() &&
  !text.includes("\0") &&
  !text.includes("\x01") &&
  !text.includes(SURROGATE_ESCAPE);

export const toStored = (text: string): string => {
  if (plain(text)) return text;
  let stored = "";
  for (const char of text) {
    const code = char.codePointAt(0) as number;
    if (code === 0) stored += "\x01\x01";
    else if (code === 1) stored += "\x01\x02";
    else if (code === 0xe000) stored += SURROGATE_ESCAPE + SURROGATE_ESCAPE;
    else if (code >= SURROGATE && code <= 0xdfff)
      stored += SURROGATE_ESCAPE + String.fromCharCode(code - SURROGATE + OFFSET);
    else stored += char;
  }
  return stored;
};

export const fromStored = (stored: string): string => {
  if (!stored.includes("\x01") && !stored.includes(SURROGATE_ESCAPE)) return stored;
  let text = "";
  for (let i = 0; i < stored.length; i++) {
    const char = stored[i] as string;
    if (char === "\x01") text += stored[++i] === "\x01" ? "\0" : "\x01";
    else if (char === SURROGATE_ESCAPE) {
      const next = stored.charCodeAt(++i);
      text += next === 0xe000 ? SURROGATE_ESCAPE : String.fromCharCode(next - OFFSET + SURROGATE);
    } else text += char;
  }
  return text;
};
