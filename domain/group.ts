/**
 * One invoice with everything that applies to it, and the party's customer record: the unit that is looked at again when one
 * of its objects changed. What it adds to the party's facts is a handful of counts, so that an event costs the same on an
 * account with ten invoices and with a thousand. *Pure.*
 */
import type { InvoiceData, PostingData } from "./event.ts";
import type { Evidence } from "./evidence.ts";
import { outsideIdOf, type Slot } from "./ledger.ts";
import { gaps, reached, type Stage, type Standing } from "./lifecycle.ts";
import { type InvoiceMoney, moneyOf } from "./movement.ts";
import type { Planned } from "./plan.ts";
import type { Replica } from "./replicas.ts";
import { isFinalized, isReceivable, slotKey, type Wish } from "./wish.ts";

export interface InvoiceView {
  readonly subject: string;
  readonly data: InvoiceData;
  readonly ambiguous: boolean;
  readonly money: InvoiceMoney;
  readonly standing: Standing;
  readonly gaps: ReadonlyArray<Stage>;
  /** `subscription/…`, or `none`. */
  readonly contract: string;
  /** Start of the billed period, epoch ms. */
  readonly period: number;
  readonly receivable: "none" | "posting" | "posted" | "blocked";
  readonly cash: "none" | "due" | "partial" | "settled";
}

export interface Group {
  /** `customer`, or the invoice's subject. */
  readonly key: string;
  readonly view: InvoiceView | null;
  readonly planned: ReadonlyArray<Planned>;
  /** Hand-overs that the journal has not decided yet. */
  readonly undecided: number;
  /** Every slot that this group ever had. */
  readonly slots: ReadonlyArray<string>;
  readonly drift: ReadonlyArray<Drift>;
  /** Slots from before the start date that the target shows no document for. */
  readonly unmatched: ReadonlyArray<string>;
}

export interface Drift {
  readonly slot: string;
  readonly field: string;
  readonly ours: string | number | null;
  readonly theirs: string | number | null;
}

const invoiceStages = new WeakMap<ReadonlySet<Stage>, ReadonlySet<Stage>>();
/** Of the stages that are required, those that an invoice can reach by itself. */
const ofInvoices = (required: ReadonlySet<Stage>): ReadonlySet<Stage> => {
  let own = invoiceStages.get(required);
  if (own === undefined) {
    own = new Set([...required].filter((stage) => stage !== "quoted" && stage !== "recognized"));
    invoiceStages.set(required, own);
  }
  return own;
};

export const viewOf = (
  evidence: Evidence,
  subject: string,
  receivableTargets: ReadonlyArray<string>,
  slots: ReadonlyMap<string, Slot>,
  planned: ReadonlyArray<Planned>,
  unmatched: ReadonlyArray<string>,
  required: ReadonlySet<Stage>,
  /** The invoice's money, where it was counted already. */
  known: InvoiceMoney | null,
  /** Whether a document that is there counts: a policy may ask for the target's own word. */
  confirmed: (slot: string) => boolean = () => true,
): InvoiceView | null => {
  const shown = evidence.shown(subject);
  if (!shown) return null;
  const data = shown.observation.data as InvoiceData;
  const money = known ?? moneyOf(evidence, subject, data);
  const finalized = isFinalized(data);
  const receivable = receivableOf(subject, data, receivableTargets, slots, planned, unmatched, confirmed);
  const stageEvidence = {
    quoted: false,
    activated: true,
    invoiced: finalized,
    posted: finalized && (receivable === "posted" || !isReceivable(data)),
    paid: finalized && money.paid,
    recognized: false,
  };
  const upToPaid = ofInvoices(required);
  const outstanding = finalized && !money.paid;
  const covered = money.settledMinor + money.creditsMinor;
  return {
    subject,
    data,
    ambiguous: shown.ambiguous,
    money,
    standing: finalized ? (reached(upToPaid, stageEvidence) ?? "prospect") : "prospect",
    gaps: finalized ? gaps(upToPaid, stageEvidence) : [],
    contract: data.subscription ?? "none",
    period: data.periodStart ?? data.finalizedAt ?? 0,
    receivable,
    cash: !finalized ? "none" : !outstanding ? "settled" : covered > 0 ? "partial" : "due",
  };
};

const receivableOf = (
  subject: string,
  data: InvoiceData,
  targets: ReadonlyArray<string>,
  slots: ReadonlyMap<string, Slot>,
  planned: ReadonlyArray<Planned>,
  unmatched: ReadonlyArray<string>,
  confirmed: (slot: string) => boolean,
): InvoiceView["receivable"] => {
  let state: InvoiceView["receivable"] = "none";
  for (const target of targets) {
    const key = slotKey(target, subject, "receivable");
    const slot = slots.get(key);
    const command = planned.find((p) => p.slot === key);
    if (command?.state === "rejected" || command?.state === "held" || unmatched.includes(key)) return "blocked";
    if (command && command.verb !== "update") state = "posting";
    else if (slot?.held && isReceivable(data) && confirmed(key)) state = state === "posting" ? state : "posted";
    else if (isReceivable(data)) state = "posting";
  }
  return state;
};

/** Something of it may need a person: the rest of the groups, most of them, have no exceptions. */
export const mayTrouble = ({ planned, drift, unmatched, view }: Group): boolean =>
  drift.length > 0 ||
  unmatched.length > 0 ||
  planned.some(({ state, hold }) => state === "rejected" || hold === "approval" || hold === "inverse") ||
  (view !== null && (view.gaps.length > 0 || moneyMayTrouble(view)));

/** Money that came back or was in another currency, and invoices below zero. */
const moneyMayTrouble = ({ data, money }: InvoiceView): boolean =>
  money.otherCurrency.length > 0 || money.refunds.length > 0 || data.totalMinor < 0;

/** Where the target's own report of a document differs from what we know to have placed there. */
export const driftOf = (connection: string, slot: Slot, replicas: ReadonlyArray<Replica>): ReadonlyArray<Drift> => {
  const { held } = slot;
  if (!held || outsideIdOf(slot, connection) !== held.outsideId) return [];
  const found: Drift[] = [];
  for (const field of Object.keys(held.observed)) {
    const theirs = held.observed[field] ?? null;
    const ours = held.content[field] ?? null;
    if (field in held.content && field !== "appliesTo" && theirs !== ours)
      found.push({ slot: slot.key, field, ours, theirs });
  }
  for (const replica of replicas) {
    if (replica.foreignId !== held.foreignId || replica.at <= held.ackedAt) continue;
    const { status, currency, amountMinor } = replica.data;
    if (status === "void" || status === "deleted")
      found.push({ slot: slot.key, field: "status", ours: "posted", theirs: status });
    else if (
      slot.kind !== "customer" &&
      (amountMinor !== held.content["amountMinor"] || currency !== held.content["currency"])
    ) {
      found.push({
        slot: slot.key,
        field: "amountMinor",
        ours: held.content["amountMinor"] ?? null,
        theirs: amountMinor,
      });
    }
  }
  return found;
};

/** A document that was there before us is never changed: where it says something else, that is shown. `posting`: the target's own; null: none. */
export const driftOfAdopted = (
  slot: Slot,
  wishes: ReadonlyArray<Wish>,
  posting: PostingData | null,
): ReadonlyArray<Drift> => {
  const wish = wishes.find((one) => one.slot === slot.key);
  if (slot.kind !== "receivable" || !wish || !posting) return [];
  const found: Drift[] = [];
  const differs = (field: string, ours: string | number | null, theirs: string | number | null) => {
    if (ours !== theirs) found.push({ slot: slot.key, field, ours, theirs });
  };
  if (posting.status === "void" || posting.status === "deleted") differs("status", "posted", posting.status);
  differs("currency", wish.content["currency"] ?? null, posting.currency);
  differs("amountMinor", wish.content["amountMinor"] ?? null, posting.amountMinor);
  return found;
};
