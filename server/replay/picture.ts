/** One account of a fold, as what-if compares it. *Pure* over a folded account. */
import type { Picture, PlannedCommand } from "../../domain/what-if.ts";
import { rowName } from "../../domain/wish.ts";
import type { Core } from "../engine/core.ts";

/** Null: nothing is known of it. */
export const pictureOf = (core: Core, party: string): Picture | null => {
  const members = core.membersOf(core.root(party)).flatMap((id) => core.parties.get(id) ?? []);
  if (!members.some(({ evidence, slots }) => evidence.registers.size > 0 || slots.size > 0)) return null;
  const { id, regions } = core.account(party);
  const commands = new Map<string, PlannedCommand>();
  const exceptions = new Map<string, { type: string; moneyMinor: number | null; currency: string | null }>();
  for (const member of members) {
    for (const { slot, target, kind, verb, source, state, hold, content } of member.planned())
      commands.set(`${member.id} ${slot}`, {
        slot,
        target,
        row: rowName(kind),
        verb,
        source: `${member.connection}:${source}`,
        state,
        hold,
        content,
      });
    for (const { id: exception, type, moneyMinor, currency } of core.allExceptions().get(member.id) ?? [])
      exceptions.set(exception, { type, moneyMinor, currency });
  }
  return { account: id, regions: { ...regions }, commands, exceptions };
};
