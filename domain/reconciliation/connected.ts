/**
 * Which things hang together because they name the same: an index that follows each change, so that only what a change touches is
 * compared again. *Pure* but for its own maps.
 */

export class Connected {
  private readonly tokens = new Map<string, ReadonlyArray<string>>();
  private readonly holders = new Map<string, Set<string>>();

  /** What it names now; nothing: it is gone. */
  set(id: string, tokens: ReadonlyArray<string>): void {
    for (const token of this.tokens.get(id) ?? []) {
      const others = this.holders.get(token);
      others?.delete(id);
      if (others?.size === 0) this.holders.delete(token);
    }
    if (tokens.length === 0) this.tokens.delete(id);
    else this.tokens.set(id, tokens);
    for (const token of tokens) {
      const others = this.holders.get(token);
      if (others === undefined) this.holders.set(token, new Set([id]));
      else others.add(id);
    }
  }

  /** Everything that hangs together with it, itself too, in order; empty for what is not there. */
  of(id: string): ReadonlyArray<string> {
    if (!this.tokens.has(id)) return [];
    const found = new Set([id]);
    for (const one of found)
      for (const token of this.tokens.get(one)!) for (const other of this.holders.get(token)!) found.add(other);
    return [...found].sort();
  }

  ids(): Iterable<string> {
    return this.tokens.keys();
  }
}
