/**
 * The difference between what a target should hold and what it is known to hold, as commands. Level-triggered: a late void, a
 * duplicate and a crash half-way all end in the same place. *Pure.*
 */
import { difference } from "./difference.ts";
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

/** An unnamed shortfall's document that a named movement takes over. */
export interface Reattribution {
  readonly slot: string;
  readonly to: string;
  readonly outsideId: string;
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
  readonly rulesOf: (target: string) => ConnectionRules;
  readonly peers: Peers;
}

type Want = "nothing" | "keep" | "update" | "replace" | "drop" | "post";

/** Plan one group: an invoice with all that applies to it, or the customer record. Wishes come supports first. */
export const plan = (context: PlanContext): GroupPlan => {
  const { connection, slots } = context;
  const wishes = new Map(context.wishes.map((wish) => [wish.slot, wish]));
  const keys = [...wishes.keys(), ...context.known.filter((key) => !wishes.has(key))];
  const slotOf = (key: string): Slot => {
    const wish = wishes.get(key);
    return slots.get(key) ?? newSlot(key, wish!.target, wish!.source, wish!.part, wish!.kind);
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
  const reattributions = reassign(context, keys, slotOf, wants, contents);
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
        (slot.kind.startsWith("crm_") && (context.peers.crmChangedAt[slot.target] ?? 0) > again.at));
    const refused = again?.state === "rejected" && !rearmed;
    const rules = context.rulesOf(slot.target);
    const hold: Hold | null =
      context.parked === null
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
    const needsCustomer = slot.kind !== "customer" && !slot.kind.startsWith("crm_");
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

/** The cash application of an invoice that says paid and names no movement. */
const isShortfall = (slot: Slot): boolean =>
  slot.kind === "cash_application" && slot.part === `cash_application:${slot.source}`;

/**
 * One movement named later replaces the invoice as its own movement: its cash application is handed over, none is sent.
 * Only an equal content can be handed over; any other difference is an inverse and a new document.
 */
const none: ReadonlyArray<Reattribution> = [];

const reassign = (
  context: PlanContext,
  keys: ReadonlyArray<string>,
  slotOf: (key: string) => Slot,
  wants: ReadonlyMap<string, Want>,
  contents: ReadonlyMap<string, DocumentContent>,
): ReadonlyArray<Reattribution> => {
  if (context.frozen !== null || !keys.some((key) => isShortfall(slotOf(key)))) return none;
  const result: Reattribution[] = [];
  for (const key of keys) {
    const slot = slotOf(key);
    const want = wants.get(key);
    if (!isShortfall(slot) || !slot.held || inFlight(slot) || (want !== "drop" && want !== "replace")) continue;
    const wanted = slot.held.content;
    const successor = keys
      .filter((other) => {
        const candidate = slotOf(other);
        return (
          other !== key &&
          candidate.kind === "cash_application" &&
          candidate.target === slot.target &&
          !isShortfall(candidate) &&
          !candidate.held &&
          !inFlight(candidate) &&
          wants.get(other) === "post" &&
          difference(candidate.kind, wanted, contents.get(other)!) === "keep"
        );
      })
      .sort()[0];
    if (successor !== undefined && !result.some((r) => r.to === successor)) {
      result.push({ slot: key, to: successor, outsideId: slot.held.outsideId });
    }
  }
  return result;
};
