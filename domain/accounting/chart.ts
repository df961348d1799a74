/**
 * The chart of accounts: from roles, with their entity and dimensions, to account numbers. The rule that asks for most decides; a role
 * without a rule is a refusal that says what to add, not a default. *Pure.*
 */
import * as Schema from "effect/Schema";
import type { Dimensions, JournalEntry, JournalLine, Role } from "./entry.ts";

export const ChartRule = Schema.Struct({
  role: Schema.String,
  /** Default: every legal entity. */
  entity: Schema.optional(Schema.String),
  /** Every one of them must hold. */
  when: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.String })),
  account: Schema.String,
  /** What the target is told beside the account, by its own name: `department` → a dimension or fixed text. */
  segments: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.String })),
});
export type ChartRule = typeof ChartRule.Type;

export interface AccountLine extends JournalLine {
  readonly account: string;
  readonly segments: Dimensions;
}
export type Mapped =
  | { readonly ok: true; readonly lines: ReadonlyArray<AccountLine> }
  | { readonly ok: false; readonly missing: ReadonlyArray<{ readonly role: Role; readonly reason: string }> };

const asks = ({ entity, when }: ChartRule): number =>
  (entity === undefined ? 0 : 1) + 2 * Object.keys(when ?? {}).length;

/** Of rules that ask for as much the first stands. */
export const ruleFor = (chart: ReadonlyArray<ChartRule>, entity: string, line: JournalLine): ChartRule | null => {
  let best: ChartRule | null = null;
  for (const rule of chart) {
    if (rule.role !== line.role || (rule.entity !== undefined && rule.entity !== entity)) continue;
    if (!Object.entries(rule.when ?? {}).every(([name, value]) => line.dimensions[name] === value)) continue;
    if (best === null || asks(rule) > asks(best)) best = rule;
  }
  return best;
};

const segmentsOf = (rule: ChartRule, { dimensions }: JournalLine): Dimensions =>
  Object.fromEntries(
    Object.entries(rule.segments ?? {}).map(([name, value]) => [
      name,
      value.startsWith("=") ? (dimensions[value.slice(1)] ?? "") : value,
    ]),
  );

/** `=department` in a rule's segments takes the line's own dimension. */
export const mapEntry = (entry: JournalEntry, chart: ReadonlyArray<ChartRule>): Mapped => {
  const lines: AccountLine[] = [];
  const missing = new Map<Role, string>();
  for (const line of entry.lines) {
    const rule = ruleFor(chart, entry.entity, line);
    if (rule) lines.push({ ...line, account: rule.account, segments: segmentsOf(rule, line) });
    else
      missing.set(
        line.role,
        `the chart of ${entry.entity} has no account for ${line.role}; add a rule with role "${line.role}"`,
      );
  }
  return missing.size === 0
    ? { ok: true, lines }
    : { ok: false, missing: [...missing].map(([role, reason]) => ({ role, reason })) };
};
