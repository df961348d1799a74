/** How far a command is: one line on a terminal's standard error, nothing elsewhere. */

export interface Progress {
  readonly show: (text: string) => void;
  readonly clear: () => void;
}

/** Milliseconds between two lines. */
const everyMs = 100;

export const makeProgress = (): Progress => {
  const { stderr } = process;
  let last = 0;
  let shown = false;
  return {
    show: (text) => {
      const now = performance.now();
      if (!stderr.isTTY || now - last < everyMs) return;
      last = now;
      shown = true;
      stderr.write(`\r\x1b[2K${text.slice(0, Math.max(20, (stderr.columns ?? 80) - 1))}`);
    },
    clear: () => {
      if (shown) stderr.write("\r\x1b[2K");
    },
  };
};
