/** How figures are told: progress on standard error, one object on standard output. */
export const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

export const median = (values: ReadonlyArray<number>): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
};
