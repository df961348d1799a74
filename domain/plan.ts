/**
 * The difference between what a target should hold and what it is known to hold, as commands. Level-triggered: a late void, a
 * duplicate and a crash half-way all end in the same place. *Pure.*
 */
import { difference } from "./difference.ts";
import { handOver, isShortfall, type Reattribution, type Want, type Wanted } from "./hand-over.ts";
import { commandKey } from "./ids.ts";
import { inFlight, newSlot, outsideIdOf, type Slot } from "./ledger.ts";
import type { Place } from "./note.ts";
import type { Peers } from "./peers.ts";
import type { DocumentContent, DocumentKind, Verb } from "./ports/system.ts";
import { type ConnectionRules, type Hold, holdOf, isBefore } from "./rules.ts";
import { rowName, slotKey, type Wish } from "./wish.ts";

export interface Planned {
  readonly slot: string;
  readonly target: string;
  readonly source: string;
  readonly part: string;
  readonly kind: DocumentKind;
  readonly key: string;
  readonly outsideId: string;
  readonly verb: Verb;
  readonly content: DocumentContent;
  readonly effectiveAt: number;
  readonly state: "pending" | "sending" | "unknown" | "retrying" | "rejected" | "held";
  /** Why it is not sent yet, in plain words; null when it may go. */
  readonly blockedBy: string | null;
  /** Why a person, not time, must move it; only of `held`. */
  readonly hold: Hold | null;
  /** Not before this. Epoch ms; 0: at once. */
  readonly dueAt: number;
  readonly on: string | null;
  /** Key of the command that was acknowledged before it. */
  readonly after: string | null;
}

/** What the target already has of an object from before the start date. */
export interface Adoption {
  readonly slot: string;
  readonly place: Place;
  readonly foreignId: string;
  readonly content: DocumentContent;
}

export interface GroupPlan {
  readonly planned: ReadonlyArray<Planned>;
  readonly reattributions: ReadonlyArray<Reattribution>;
  readonly adoptions: ReadonlyArray<Adoption>;
  /** Slots from before the start date of which the target shows no document, or several. */
  readonly unmatched: ReadonlyArray<string>;
}

export interface PlanContext {
  readonly connection: string;
  /** The subject of the party's own customer record. */
  readonly customer: string;
  readonly slots: ReadonlyMap<string, Slot>;
  /** Slots of this group as last planned, so that one without a wish is seen. */
  readonly known: Iterable<string>;
  /** As last planned: what asks for the same has the same names, and they are hashes. */
  readonly before?: ReadonlyArray<Planned>;
  readonly wishes: ReadonlyArray<Wish>;
  /** Acknowledgements in the party so far. */
  readonly acks: number;
  /** Nothing new goes out and nothing is taken back: the reason, or null. */
  readonly frozen: string | null;
  /** An operator keeps all of the party back: the reason, or null. */
  readonly parked: string | null;
  /** What a charge waits for of the customer under whose record it goes; null: it is there. */
  readonly lacksCustomer?: (slot: Slot) => string | null;
  /** Why nothing of one source object goes out; null: nothing keeps it back. */
  readonly parkedObject?: (source: string) => string | null;
  readonly rulesOf: (target: string) => ConnectionRules;
  /** What a gate of the policy keeps back until the target confirmed what it rests on: the reason, or null. */
  readonly gate?: (wish: Wish) => string | null;
  /** When the target's mappings last changed; what was refused before may lack nothing now. Epoch ms. */
  readonly mappedAt?: (target: string) => number;
  readonly peers: Peers;
}

/** Plan one group: an invoice with all that applies to it, or the customer record. Wishes come supports first. */
export const plan = (context: PlanContext): GroupPlan => {
  const { connection, slots, before = [] } = context;
  // What each slot wants, supports first: a document whose support goes away or is replaced goes with it.
  const all = new Map<string, Wanted>();
  for (const wish of context.wishes) {
    const slot = slots.get(wish.slot) ?? newSlot(wish.slot, wish.target, wish.source, wish.part, wish.kind);
    const content = wish.on === null ? wish.content : { appliesTo: outsideIdFor(slotOf(wish.on)), ...wish.content };
    const under = wish.on === null ? "keep" : (all.get(wish.on)?.want ?? "nothing");
    const stands = under === "keep" || under === "update" || under === "post";
    let want: Want;
    if (!slot.held) want = isOld(slot, wish) ? "nothing" : "post";
    else if (slot.held.adopted) want = "keep";
    else want = stands ? difference(slot.kind, slot.held.content, content) : "drop";
    all.set(wish.slot, { slot, wish, want, content });
  }
  for (const key of context.known) {
    if (all.has(key)) continue;
    const slot = slots.get(key)!;
    const want = slot.held && slot.kind !== "customer" ? "drop" : "nothing";
    all.set(key, { slot, wish: null, want, content: null });
  }

  const { adoptions, unmatched } = adopt();
  const reattributions = context.frozen === null ? handOver(all) : [];
  const handed = new Set(reattributions.flatMap(({ slot, to }) => [slot, to]));

  const planned: Planned[] = [];
  for (const [key, { slot, wish, want, content: wished }] of all) {
    const { target, source, part, kind, attempt, lastKey: after } = slot;
    const on = wish?.on ?? null;
    const effectiveAt = slot.period?.effectiveAt ?? wish?.effectiveAt ?? 0;
    if (attempt && inFlight(slot)) {
      planned.push({
        slot: key,
        target,
        source,
        part,
        kind,
        on,
        after,
        key: attempt.key,
        outsideId: attempt.outsideId,
        verb: attempt.verb,
        content: attempt.content,
        effectiveAt,
        state: attempt.state,
        blockedBy: null,
        hold: null,
        dueAt: attempt.nextAt,
      });
      continue;
    }
    if (want === "nothing" || want === "keep" || handed.has(key)) continue;
    const verb: Verb = want === "post" ? "post" : want === "update" ? "update" : "reverse";
    const content = verb === "reverse" ? slot.held!.content : wished!;
    const outside = outsideIdFor(slot);
    const commandId = keyOf(key, outside, verb, content, slot);
    if (slot.cancelled === commandId) continue;
    const again = attempt?.key === commandId ? attempt : null;
    const rearmed =
      again?.state === "rejected" &&
      again.fixable &&
      (context.acks > again.acksSeen ||
        (context.mappedAt?.(target) ?? 0) > again.at ||
        (kind.startsWith("crm_") && (context.peers.crmChangedAt[target] ?? 0) > again.at));
    const refused = again?.state === "rejected" && !rearmed;
    const hold: Hold | null =
      (context.parked ?? context.parkedObject?.(source) ?? null) === null
        ? holdOf(context.rulesOf(target), rowName(kind), verb === "reverse", slot.approved === commandId)
        : "parked";
    planned.push({
      slot: key,
      target,
      source,
      part,
      kind,
      on,
      after,
      key: commandId,
      outsideId: outside,
      verb,
      content,
      effectiveAt,
      state: refused ? "rejected" : hold !== null ? "held" : again?.state === "retrying" ? "retrying" : "pending",
      blockedBy: context.frozen ?? (verb === "reverse" ? restingOn(key, slot) : standingOn(key, wish!, slot)),
      hold: refused ? null : hold,
      dueAt: again?.state === "retrying" ? again.nextAt : 0,
    });
  }
  return { planned, reattributions, adoptions, unmatched };

  function slotOf(key: string): Slot {
    return all.get(key)?.slot ?? slots.get(key)!;
  }

  function lastPlanned(key: string): Planned | undefined {
    return before.find(({ slot }) => slot === key);
  }

  /** A slot that the ledger does not have yet is the first of its place: it had the same id when it was planned last. */
  function outsideIdFor(slot: Slot): string {
    const known = slots.has(slot.key) ? undefined : lastPlanned(slot.key);
    return known?.outsideId ?? outsideIdOf(slot, connection);
  }

  function keyOf(key: string, outside: string, verb: Verb, content: DocumentContent, slot: Slot): string {
    const last = lastPlanned(key);
    const same =
      last?.outsideId === outside &&
      // In flight it has the name that its claim gave it.
      last.state !== "sending" &&
      last.state !== "unknown" &&
      last.verb === verb &&
      last.after === slot.lastKey &&
      difference(slot.kind, last.content, content) === "keep";
    return same ? last.key : commandKey(outside, verb, content, slot.lastKey);
  }

  /** From before the start date of its target, and nothing of ours stands for it. */
  function isOld(slot: Slot, wish: Wish): boolean {
    if (slot.kind === "customer") return mayAdoptCustomer(slot.target);
    return !slot.kind.startsWith("crm_") && isBefore(context.rulesOf(slot.target), wish.effectiveAt);
  }

  /** A target that went live beside an older integration has the company already. */
  function mayAdoptCustomer(target: string): boolean {
    return context.rulesOf(target).startAt !== null && context.peers.erp[target]?.length === 1;
  }

  /** Match what is from before the start date with what the target has, by document number and party; never by amount. */
  function adopt(): { readonly adoptions: ReadonlyArray<Adoption>; readonly unmatched: ReadonlyArray<string> } {
    const adoptions: Adoption[] = [];
    const unmatched: string[] = [];
    for (const [key, { slot, wish, want }] of all) {
      if (wish === null || slot.held || inFlight(slot) || want !== "nothing") continue;
      const { target, source, part, kind } = slot;
      const place = { target, source, part, kind };
      if (kind === "customer") {
        adoptions.push({ slot: key, place, foreignId: context.peers.erp[target]![0]!, content: wish.content });
      } else if (kind === "receivable") {
        const number = wish.content["number"];
        const found = typeof number === "string" ? context.peers.find(target, number) : [];
        if (found.length !== 1) {
          unmatched.push(key);
          continue;
        }
        const { currency, amountMinor } = found[0]!.data;
        const content = { ...wish.content, currency, amountMinor };
        adoptions.push({ slot: key, place, foreignId: found[0]!.foreignId, content });
      }
    }
    return { adoptions, unmatched };
  }

  /** A document is taken back after those that apply to it. */
  function restingOn(key: string, slot: Slot): string | null {
    for (const [other, { slot: dependent }] of all) {
      if (other === key) continue;
      const applies =
        dependent.held?.content["appliesTo"] ?? (inFlight(dependent) ? dependent.attempt!.content["appliesTo"] : null);
      if (applies === slot.held!.outsideId) return `${dependent.part} of ${dependent.source} still applies to it`;
    }
    return null;
  }

  /** A document goes out after what it applies to, and after an unnamed shortfall in flight that it may replace. */
  function standingOn(key: string, wish: Wish, slot: Slot): string | null {
    const gated = context.gate?.(wish) ?? null;
    if (gated !== null) return gated;
    const charged = slot.kind === "charge" ? (context.lacksCustomer?.(slot) ?? null) : null;
    if (charged !== null) return charged;
    const needsCustomer = slot.kind !== "customer" && slot.kind !== "charge" && !slot.kind.startsWith("crm_");
    if (needsCustomer && !slots.get(slotKey(slot.target, context.customer, "customer"))?.held) {
      return `waits for the customer record in ${slot.target}`;
    }
    if (wish.on !== null) {
      const support = slotOf(wish.on);
      const want = all.get(wish.on)?.want;
      if (!support.held || (want !== "keep" && want !== "update"))
        return `waits for ${support.part} of ${support.source}`;
      if (inFlight(support)) return `${support.part} of ${support.source} is being changed`;
    }
    if (slot.kind === "cash_application" && !isShortfall(slot)) {
      for (const [other, { slot: shortfall }] of all) {
        if (other !== key && isShortfall(shortfall) && inFlight(shortfall)) {
          return `the unnamed payment of ${shortfall.source} is being settled`;
        }
      }
    }
    return null;
  }
};
