/** What a wrong word was probably meant to be. *Pure.* */

/** The nearest word, when it is near enough to be a slip. */
export const nearest = (word: string, words: ReadonlyArray<string>): string | null => {
  const scored = words.map((other) => ({ other, away: distance(word, other) })).sort((a, b) => a.away - b.away);
  const [best] = scored;
  return best && best.away <= Math.ceil(best.other.length / 3) ? best.other : null;
};

const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
};
