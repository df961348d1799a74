/** The part of `tieout.config.json` about use: how often it is rated, who approves it, and when it may be invoiced. */
import * as Schema from "effect/Schema";
import { paces, type UsageCadence, usualCadence } from "../../domain/metering/cadence.ts";
import { or } from "./leaf.ts";

const hourMs = 3_600_000;

const UsageSettings = Schema.Struct({
  rate: or(Schema.Literal(...paces), usualCadence.rate),
  approve: or(Schema.Literal(...paces), usualCadence.approve),
  invoice: or(Schema.Literal("cycle", "approval"), usualCadence.invoice),
  approval: or(Schema.Literal("required", "none"), usualCadence.approval),
  /** After the end of a period, for use that comes late. */
  graceHours: or(Schema.Int.pipe(Schema.between(0, 8760)), usualCadence.graceMs / hourMs),
});

export const usageFields = {
  usage: or(UsageSettings, {
    rate: usualCadence.rate,
    approve: usualCadence.approve,
    invoice: usualCadence.invoice,
    approval: usualCadence.approval,
    graceHours: usualCadence.graceMs / hourMs,
  }),
};

export interface UsageFile {
  readonly usage: typeof UsageSettings.Type;
}

export const cadenceOf = ({ graceHours, ...rest }: UsageFile["usage"]): UsageCadence => ({
  ...rest,
  graceMs: graceHours * hourMs,
});
