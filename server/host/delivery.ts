/** A webhook on its way from the door to the journal, and what the journal has of it. Plain data. */

/** A webhook whose signature was good. */
export interface Delivery {
  readonly connection: string;
  readonly body: Uint8Array;
  /** When it came, epoch milliseconds. */
  readonly at: number;
  /** W3C trace context of its request; null: not traced. */
  readonly traceparent: string | null;
}

/** What the journal has of it. */
export type Received =
  | {
      readonly status: 202;
      readonly eventId: string;
      readonly outcome: "accepted" | "duplicate";
      readonly correlationId: string | null;
    }
  /** Not that vendor's envelope: a sample is kept. */
  | { readonly status: 400; readonly reason: string };
