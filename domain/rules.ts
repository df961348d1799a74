/** What an operator lets go out to one connection, row by row: data, from the configuration. *Pure.* */

/** `observe`: computed and shown; `propose`: waits for a person's approval; `act`: sent. */
export const modes = ["observe", "propose", "act"] as const;
export type Mode = (typeof modes)[number];

export interface ConnectionRules {
  readonly mode: Mode;
  /** Rows of the obligation table that have a mode of their own. */
  readonly rows: Readonly<Record<string, Mode>>;
  /** Rows whose inverse waits for approval, whatever their mode. */
  readonly holdInverses: ReadonlyArray<string>;
  /** What took effect before is matched with what the target has, by document number and party, and never sent. Epoch ms. */
  readonly startAt: number | null;
}

export const actOnAll: ConnectionRules = { mode: "act", rows: {}, holdInverses: [], startAt: null };
export const observeAll: ConnectionRules = { ...actOnAll, mode: "observe" };

/** Why a command does not go by itself; null when it may. */
export type Hold = "observe" | "approval" | "inverse" | "parked";

export const holdOf = (
  rules: ConnectionRules,
  row: string,
  inverse: boolean,
  approved: boolean,
): Exclude<Hold, "parked"> | null => {
  const mode = rules.rows[row] ?? rules.mode;
  if (mode === "observe") return "observe";
  if (approved) return null;
  if (mode === "propose") return "approval";
  return inverse && rules.holdInverses.includes(row) ? "inverse" : null;
};

export const isBefore = (rules: ConnectionRules, effectiveAt: number): boolean =>
  rules.startAt !== null && effectiveAt < rules.startAt;
