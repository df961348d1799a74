/** What a person may ask for, and what the engine answers before it is written down. *Plain data:* it crosses to the engine's thread. */
import type { Json } from "../../domain/canonical.ts";
import type { OperatorNote } from "../../domain/operator.ts";
import type { ProblemName } from "../http/problem.ts";

export const commandVerbs = ["retry", "cancel", "approve"] as const;
export type CommandVerb = (typeof commandVerbs)[number];

/** Of no one party: `verb` one record of a topic of `domain/controls`. */
export interface ControlAct {
  readonly type: "control";
  readonly topic: string;
  readonly verb: string;
  readonly id: string;
  /** What the body says beside the reason, in the forms of `body.ts`. */
  readonly fields: Readonly<Record<string, Json>>;
  /** Made by us for this request, such as the hash of a new secret: no part of what makes two requests the same act. */
  readonly sealed?: Readonly<Record<string, Json>>;
}

export type Act =
  | ControlAct
  /** `force`: also when nothing is known of one of the two. */
  | { readonly type: "link"; readonly party: string; readonly target: string | null; readonly force: boolean }
  /** `party`: null where the account leaves no choice. */
  | { readonly type: "separate"; readonly account: string; readonly party: string | null }
  | { readonly type: "park"; readonly account: string }
  /** `object`: whose it is; null lets go what was parked. */
  | {
      readonly type: "release";
      readonly account: string;
      readonly object: string | null;
      readonly party: string | null;
      /** `true`: only say what it would let go. As it was given; absent: it was not. */
      readonly dryRun?: string;
    }
  /** Keep one object back, `connection:kind/id`, or let it go. */
  | { readonly type: "object"; readonly verb: "park" | "release"; readonly object: string }
  | { readonly type: "command"; readonly verb: CommandVerb; readonly key: string };

export interface ActRequest {
  /** The caller's idempotency key, or one of ours. */
  readonly id: string;
  /** Of who, what and why. */
  readonly hash: string;
  /** Who, as the API key names them. */
  readonly by: string;
  /** The person behind it, who counts once under however many keys. Absent: `by`. */
  readonly person?: string;
  /** The most that one approval of theirs may be about, in minor units by currency; null or absent: no limit. */
  readonly approveUpToMinor?: Readonly<Record<string, number>> | null;
  readonly reason: string;
  readonly act: Act;
  /** What is wrong with the body already; told together with what the engine finds. */
  readonly problems: ReadonlyArray<string>;
}

export interface Refused {
  readonly status: "refused";
  readonly problem: ProblemName;
  readonly detail: string;
  /** Every one of them, where there may be several. */
  readonly reasons?: ReadonlyArray<string>;
}

export type Prepared =
  | Refused
  /** The same request was taken in before. */
  | { readonly status: "repeated" }
  /** It only asked what would happen: nothing is written. */
  | { readonly status: "answered"; readonly answer: Json }
  /** To be journaled together, at `notBefore` at the earliest (epoch ms). */
  | { readonly status: "ready"; readonly notBefore: number; readonly notes: ReadonlyArray<OperatorNote> };

export const refused = (problem: ProblemName, detail: string, reasons?: ReadonlyArray<string>): Refused => ({
  status: "refused",
  problem,
  detail,
  ...(reasons === undefined ? {} : { reasons }),
});

export const conflict = (detail: string): Refused => refused("conflict", detail);

export const invalid = (reasons: ReadonlyArray<string>): Refused => refused("refused-act", reasons.join("; "), reasons);
