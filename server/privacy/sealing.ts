/**
 * How personal data are sealed: AES-256-GCM under a data key. A text becomes a token that stands for it wherever it goes; under one key
 * the same text is the same token, so that what is equal stays equal. Bytes are sealed under several keys at once: without any one of
 * them nothing opens. *Pure but for the nonce of bytes.*
 */
import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from "node:crypto";
import { brotliCompressSync, brotliDecompressSync, constants } from "node:zlib";

const algorithm = "aes-256-gcm";
const nonceBytes = 12;
const tagBytes = 16;
export const keyBytes = 32;

/** The name under which a key is kept: tells nobody what it is for. */
export const keyName = (what: string): string => {
  const known = names.get(what);
  if (known !== undefined) return known;
  const name = createHash("sha256").update(what).digest("hex").slice(0, 24);
  // The same few companies are asked for over and over.
  if (names.size >= mostNames) names.clear();
  names.set(what, name);
  return name;
};
const names = new Map<string, string>();
const mostNames = 100_000;
const nameBytes = 12;

/** Chance is asked for in bulk: a call costs more than what it answers. */
let chance = Buffer.alloc(0);
const nonce = (): Buffer => {
  if (chance.length < nonceBytes) chance = randomBytes(nonceBytes * 512);
  const taken = chance.subarray(0, nonceBytes);
  chance = chance.subarray(nonceBytes);
  return taken;
};

export const newKey = (): Uint8Array => new Uint8Array(randomBytes(keyBytes));

/** In the place of what was erased. */
export const erasedText = "erased";

const tokenPattern = /sealed:([0-9a-f]{24}):([A-Za-z0-9_-]+);/g;
export const mayHoldTokens = (text: string): boolean => text.includes("sealed:");

/** Depends on the text and the key alone: two texts never share a nonce but by a chance of one in 2^96. */
const nonceOf = (key: Uint8Array, text: string): Buffer =>
  createHmac("sha256", key).update("nonce").update(text).digest().subarray(0, nonceBytes);

export const sealText = (name: string, key: Uint8Array, text: string): string => {
  const nonce = nonceOf(key, text);
  const cipher = createCipheriv(algorithm, key, nonce);
  const sealed = Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return `sealed:${name}:${sealed.toString("base64url")};`;
};

const openText = (key: Uint8Array, sealed: Buffer): string | null => {
  try {
    const decipher = createDecipheriv(algorithm, key, sealed.subarray(0, nonceBytes));
    decipher.setAuthTag(sealed.subarray(-tagBytes));
    return decipher.update(sealed.subarray(nonceBytes, -tagBytes), undefined, "utf8") + decipher.final("utf8");
  } catch {
    return null;
  }
};

/** The keys that the tokens in a text need. */
export const keysIn = (text: string): ReadonlyArray<string> =>
  mayHoldTokens(text) ? [...text.matchAll(tokenPattern)].map(([, name]) => name!) : [];

/** Every token in its own words, or as erased. What only looks like a token stays as it is. */
export const revealText = (text: string, keyOf: (name: string) => Uint8Array | null | undefined): string => {
  if (!mayHoldTokens(text)) return text;
  return text.replaceAll(tokenPattern, (token, name: string, sealed: string) => {
    const key = keyOf(name);
    if (key === null) return erasedText;
    return key === undefined ? token : (openText(key, Buffer.from(sealed, "base64url")) ?? token);
  });
};

// ---------------------------------------------------------------- bytes

/** No body of any vendor begins so. */
const magic = Buffer.from("\u0000tieout sealed 1", "latin1");
const plain = 0;
const brotli = 1;
/** Smaller than this is not worth the call. Bytes. */
const worth = 256;

const together = (keys: ReadonlyArray<Uint8Array>): Buffer => {
  const hash = createHash("sha256").update("raw");
  for (const key of keys) hash.update(key);
  return hash.digest();
};

/** Sealed bytes do not compress: they are compressed before. */
const packed = (bytes: Uint8Array): { readonly form: number; readonly body: Uint8Array } => {
  if (bytes.byteLength < worth) return { form: plain, body: bytes };
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: 0,
    [constants.BROTLI_PARAM_LGWIN]: 18,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.byteLength,
  };
  const body = brotliCompressSync(bytes, { params });
  return body.byteLength < bytes.byteLength ? { form: brotli, body } : { form: plain, body: bytes };
};

export const sealBytes = (
  keys: ReadonlyArray<{ readonly name: string; readonly key: Uint8Array }>,
  bytes: Uint8Array,
): Uint8Array => {
  const { form, body } = packed(bytes);
  const head = Buffer.alloc(3);
  head[0] = form;
  head.writeUInt16BE(keys.length, 1);
  const named = keys.map(({ name }) => Buffer.from(name, "hex"));
  const fresh = nonce();
  const cipher = createCipheriv(algorithm, together(keys.map(({ key }) => key)), fresh);
  return Buffer.concat([magic, head, ...named, fresh, cipher.update(body), cipher.final(), cipher.getAuthTag()]);
};

export const isSealed = (bytes: Uint8Array): boolean =>
  bytes.byteLength > magic.length && Buffer.compare(magic, bytes.subarray(0, magic.length)) === 0;

const headEnd = magic.length + 3;
export const keysOfBytes = (bytes: Uint8Array): ReadonlyArray<string> => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = buffer.readUInt16BE(magic.length + 1);
  return Array.from({ length: count }, (_, i) =>
    buffer.toString("hex", headEnd + i * nameBytes, headEnd + (i + 1) * nameBytes),
  );
};

/** Null: a key is gone, or the bytes are not what was sealed. */
export const openBytes = (
  bytes: Uint8Array,
  keyOf: (name: string) => Uint8Array | null | undefined,
): Uint8Array | null => {
  const names = keysOfBytes(bytes);
  const keys = names.flatMap((name) => keyOf(name) ?? []);
  if (keys.length < names.length) return null;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const sealed = buffer.subarray(headEnd + names.length * nameBytes);
  try {
    const decipher = createDecipheriv(algorithm, together(keys), sealed.subarray(0, nonceBytes));
    decipher.setAuthTag(sealed.subarray(-tagBytes));
    const body = Buffer.concat([decipher.update(sealed.subarray(nonceBytes, -tagBytes)), decipher.final()]);
    return new Uint8Array(buffer[magic.length] === brotli ? brotliDecompressSync(body) : body);
  } catch {
    return null;
  }
};
