/** Files one after the other in a tar archive (POSIX.1-1988 ustar), which every system unpacks. *Pure.* */

const block = 512;

/** A name of at most 100 ASCII characters. `at`: epoch milliseconds. */
export const tarHeader = (name: string, bytes: number, at: number): Uint8Array => {
  const header = new Uint8Array(block);
  const put = (offset: number, text: string): void => {
    header.set(new TextEncoder().encode(text), offset);
  };
  const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, "0");
  if (!/^[\x21-\x7e]{1,100}$/.test(name) || bytes >= 8 ** 11) throw new Error(`${name} has no place in an archive`);
  put(0, name);
  put(100, `${octal(0o600, 7)}\0`);
  put(108, `${octal(0, 7)}\0`);
  put(116, `${octal(0, 7)}\0`);
  put(124, `${octal(bytes, 11)}\0`);
  put(136, `${octal(Math.floor(at / 1000), 11)}\0`);
  // The sum is taken with blanks in its own place.
  put(148, " ".repeat(8));
  put(156, "0");
  put(257, "ustar\0");
  put(263, "00");
  const sum = header.reduce((all, byte) => all + byte, 0);
  put(148, `${octal(sum, 6)}\0 `);
  return header;
};

/** What fills a file's last block. */
export const tarPadding = (bytes: number): Uint8Array => new Uint8Array((block - (bytes % block)) % block);

export const tarEnd = (): Uint8Array => new Uint8Array(2 * block);
