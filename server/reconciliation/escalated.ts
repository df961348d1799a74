/** Lines that a run escalated, as finance's exceptions. *Pure.* */
import { escalation } from "../../domain/controls/escalation.ts";
import { type Exception, exceptionId } from "../../domain/exceptions.ts";
import type { Core } from "../engine/core.ts";

export function* escalatedItems(
  core: Core,
): Iterable<{ readonly exception: Exception; readonly party: string | null }> {
  for (const [line, record] of core.controls.all(escalation)) {
    const { account, source, moneyMinor, currency, ageFrom, owner, cause, evidence, acts } = record;
    const id = exceptionId("reconciliation", source, line);
    const about = { moneyMinor, currency, ageFrom, owner, cause, evidence, acts };
    yield { exception: { id, type: "reconciliation", source, ...about }, party: account };
  }
}
