/**
 * The difference between what a target should hold and what it is known to hold, as commands. Level-triggered: a late void, a
 * duplicate and a crash half-way all end in the same place. *Pure.*
 */
import { difference } from "./difference.ts";
import { handOver, isShortfall, type Reattribution, type Want } from "./hand-over.ts";
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
  readonly known: ReadonlyArray<string>;
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
  const { connection, slots } = context;
  const wishes = new Map(context.wishes.map((wish) => [wish.slot, wish]));
  const keys = [...wishes.keys(), ...context.known.filter((key) => !wishes.has(key))];
  // One empty slot each: what is derived of a slot is kept with it.
  const empty = new Map<string, Slot>();
  const slotOf = (key: string): Slot => {
    const known = slots.get(key) ?? empty.get(key);
    if (known) return known;
    const wish = wishes.get(key)!;
    const slot = newSlot(key, wish.target, wish.source, wish.part, wish.kind);
    empty.set(key, slot);
    return slot;
  };

  // What each slot wants, supports first: a document whose support goes away or is replaced goes with it.
  const wants = new Map<string, Want>();
  const contents = new Map<string, DocumentContent>();
  for (const key of keys) {
    const slot = slotOf(key);
    const wish = wishes.get(key);
    if (!wish) {
      wants.set(key, slot.held && slot.kind !== "customer" ? "drop" : "nothing");
      continue;
    }
    const support = wish.on === null ? null : slotOf(wish.on);
    const content = support ? { ...wish.content, appliesTo: outsideIdOf(support, connection) } : wish.content;
    contents.set(key, content);
    const under = wish.on === null ? "keep" : (wants.get(wish.on) ?? "nothing");
    const stands = under === "keep" || under === "update" || under === "post";
    if (!slot.held) wants.set(key, isOld(slot, wish) ? "nothing" : "post");
    else if (slot.held.adopted) wants.set(key, "keep");
    else wants.set(key, stands ? difference(slot.kind, slot.held.content, content) : "drop");
  }

  const { adoptions, unmatched } = adopt();
  const reattributions = context.frozen === null ? handOver(keys, slotOf, wants, contents) : [];
  const taken = new Map(reattributions.map((r) => [r.slot, r]));
  const given = new Set(reattributions.map((r) => r.to));

  const planned: Planned[] = [];
  for (const key of keys) {
    const slot = slotOf(key);
    const want = wants.get(key)!;
    const { attempt } = slot;
    const wish = wishes.get(key);
    const base = {
      slot: key,
      target: slot.target,
      source: slot.source,
      part: slot.part,
      kind: slot.kind,
      on: wish?.on ?? null,
    };
    if (attempt && inFlight(slot)) {
      planned.push({
        ...base,
        key: attempt.key,
        outsideId: attempt.outsideId,
        verb: attempt.verb,
        content: attempt.content,
        effectiveAt: slot.period?.effectiveAt ?? wish?.effectiveAt ?? 0,
        state: attempt.state,
        blockedBy: null,
        hold: null,
        dueAt: attempt.nextAt,
      });
      continue;
    }
    if (want === "nothing" || want === "keep" || taken.has(key) || given.has(key)) continue;
    const verb: Verb = want === "post" ? "post" : want === "update" ? "update" : "reverse";
    const content = verb === "reverse" ? slot.held!.content : contents.get(key)!;
    const outside = outsideIdOf(slot, connection);
    const commandId = commandKey(outside, verb, content, slot.lastKey);
    if (slot.cancelled === commandId) continue;
    const again = attempt?.key === commandId ? attempt : null;
    const rearmed =
      again?.state === "rejected" &&
      again.fixable &&
      (context.acks > again.acksSeen ||
        (context.mappedAt?.(slot.target) ?? 0) > again.at ||
        (slot.kind.startsWith("crm_") && (context.peers.crmChangedAt[slot.target] ?? 0) > again.at));
    const refused = again?.state === "rejected" && !rearmed;
    const rules = context.rulesOf(slot.target);
    const hold: Hold | null =
      (context.parked ?? context.parkedObject?.(slot.source) ?? null) === null
        ? holdOf(rules, rowName(slot.kind), verb === "reverse", slot.approved === commandId)
        : "parked";
    planned.push({
      ...base,
      key: commandId,
      outsideId: outside,
      verb,
      content,
      effectiveAt: slot.period?.effectiveAt ?? wish?.effectiveAt ?? 0,
      state: refused ? "rejected" : hold !== null ? "held" : again?.state === "retrying" ? "retrying" : "pending",
      hold: refused ? null : hold,
      blockedBy: context.frozen ?? (verb === "reverse" ? restingOn(key, slot) : standingOn(key, wish!, slot)),
      dueAt: again?.state === "retrying" ? again.nextAt : 0,
    });
  }
  return { planned, reattributions, adoptions, unmatched };

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
    for (const [key, wish] of wishes) {
      const slot = slotOf(key);
      if (slot.held || inFlight(slot) || wants.get(key) !== "nothing") continue;
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
    for (const other of keys) {
      if (other === key) continue;
      const dependent = slotOf(other);
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
      const want = wants.get(wish.on);
      if (!support.held || (want !== "keep" && want !== "update"))
        return `waits for ${support.part} of ${support.source}`;
      if (inFlight(support)) return `${support.part} of ${support.source} is being changed`;
    }
    if (slot.kind === "cash_application" && !isShortfall(slot)) {
      for (const other of keys) {
        const shortfall = slotOf(other);
        if (other !== key && isShortfall(shortfall) && inFlight(shortfall)) {
          return `the unnamed payment of ${shortfall.source} is being settled`;
        }
      }
    }
    return null;
  }
};
