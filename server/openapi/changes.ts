/** What a comparison finds, collected on the way. */

export interface Change {
  /** `GET /v1/invoices 200 items[] status`. */
  readonly where: string;
  readonly what: string;
}

export interface Comparison {
  readonly breaking: ReadonlyArray<Change>;
  readonly additions: ReadonlyArray<Change>;
}

export class Changes implements Comparison {
  readonly breaking: Change[] = [];
  readonly additions: Change[] = [];
  broke(where: string, what: string): void {
    this.breaking.push({ where, what });
  }
  added(where: string, what: string): void {
    this.additions.push({ where, what });
  }
}
