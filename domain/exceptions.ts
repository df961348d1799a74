/**
 * Finance's queue, computed on read: where one party's evidence and ledger cannot agree by themselves. Each with the money at
 * risk, since when, whose turn it is, why in plain words, what shows it, and the acts that would resolve it. *Pure.*
 */
import { canonical } from "./canonical.ts";
import type { UsagePrice } from "./controls/usage-price.ts";
import type { CreditNoteData, InvoiceData, PaymentData, RefundData } from "./event.ts";
import { replicaPrefix } from "./evidence.ts";
import type { Group, InvoiceView } from "./group.ts";
import { sha256 } from "./hash.ts";
import { maxParties } from "./link.ts";
import type { HeldLink } from "./link-graph.ts";
import type { MeteredAccount } from "./metering/account.ts";
import { useFindings } from "./metering/findings.ts";
import { toDecimal } from "./money.ts";
import type { Party } from "./party.ts";
import type { Planned } from "./plan.ts";
import { isFinalized } from "./wish.ts";

export const exceptionTypes = [
  "gap",
  "drift",
  "rejected",
  "ambiguous",
  "contested",
  "approval",
  "unmatched",
  "parked",
  "currency",
  "unapplied",
  "refund-without-credit",
  "negative-total",
  "link-held",
  "unattributed",
  "reconciliation",
  "use-unpriced",
  "use-over-entitlement",
] as const;
export type ExceptionType = (typeof exceptionTypes)[number];

export interface Exception {
  /** The same for as long as the same thing is wrong, whatever the amount and the words are by now. */
  readonly id: string;
  readonly type: ExceptionType;
  /** `connection:kind/id` of the object it is about. */
  readonly source: string;
  /** Money at risk; null where none can be told. */
  readonly moneyMinor: number | null;
  readonly currency: string | null;
  /** Since when, epoch milliseconds UTC; null when the vendor does not say. */
  readonly ageFrom: number | null;
  /** The connection on whose side the next act lies. */
  readonly owner: string;
  readonly cause: string;
  readonly evidence: ReadonlyArray<string>;
  readonly acts: ReadonlyArray<string>;
}

export interface ExceptionContext {
  /** Whether an object of the connection can be asked for again, so that a tie may still settle by itself. */
  readonly canRead: (connection: string) => boolean;
  /** Contracts of the account that are billed or running and that nobody agreed to, where the policy asks for it. */
  readonly unquoted: ReadonlySet<string>;
  /** The party's own link, where it is held back. */
  readonly heldLink: HeldLink | null;
  /** What the account used; null: nothing. */
  readonly metered: MeteredAccount | null;
  /** What use of a meter is estimated at. */
  readonly priceOf: (meter: string) => UsagePrice | null;
}

interface Finding extends Omit<Exception, "id" | "source"> {
  readonly subject: string;
  /** Tells two of one type and source apart: a slot, a field. Part of the id. */
  readonly about?: string;
}

export const exceptionId = (type: ExceptionType, source: string, about: string): string =>
  `exc_${sha256(canonical([type, source, about])).slice(0, 20)}`;

export const exceptionsOf = (party: Party, context: ExceptionContext): ReadonlyArray<Exception> => {
  const found: Finding[] = [
    ...parked(party),
    ...keptBack(party),
    ...linkHeld(party, context),
    ...contested(party),
    ...ambiguous(party, context),
    ...unapplied(party),
    ...unquoted(party, context),
    ...(context.metered === null ? [] : useFindings(party.id, context.metered, context.priceOf)),
  ];
  const customerMoves = movable(party.groups.get("customer")?.planned ?? []);
  for (const group of party.troubled.size === 0 ? [] : party.groups.values()) {
    if (!party.troubled.has(group.key)) continue;
    for (const planned of group.planned) {
      if (planned.state === "rejected") found.push(rejected(party, planned));
      if (planned.hold === "approval" || planned.hold === "inverse") found.push(approval(party, planned));
    }
    if (group.unmatched.length > 0) found.push(unmatched(party, group));
    found.push(...drift(party, group));
    if (!group.view) continue;
    if (group.view.gaps.length > 0 && !customerMoves && !movable(group.planned)) found.push(gap(party, group));
    found.push(...moneyTrouble(party, group.view));
  }
  return found
    .map(({ subject, about = "", ...rest }) => {
      const source = `${party.connection}:${subject}`;
      return { id: exceptionId(rest.type, source, about), source, ...rest };
    })
    .sort((a, b) => (key(a) < key(b) ? -1 : 1));
};

const key = (exception: Exception): string => `${exception.source} ${exception.type} ${exception.cause}`;

/** Something of these goes on without a person. */
const movable = (planned: ReadonlyArray<Planned>): boolean =>
  planned.some((p) => p.blockedBy === null && p.state !== "rejected" && p.state !== "held");

const say = (amountMinor: number, currency: string): string => {
  try {
    return `${toDecimal(amountMinor, currency)} ${currency}`;
  } catch {
    return `${amountMinor} minor units of ${currency}`;
  }
};

const moneyOfObject = (party: Party, subject: string): { moneyMinor: number | null; currency: string | null } => {
  const data = party.evidence.data(subject) as
    | { readonly currency?: string | null; readonly totalMinor?: number; readonly amountMinor?: number | null }
    | undefined;
  return { moneyMinor: data?.totalMinor ?? data?.amountMinor ?? null, currency: data?.currency ?? null };
};

const oldest = (party: Party, subject: string): number | null => {
  const observations = party.evidence.observations(subject);
  return observations.length === 0 ? null : Math.min(...observations.map((o) => o.at));
};

const gap = (party: Party, { view, planned }: Group): Finding => {
  const { subject, data, gaps, standing, money } = view!;
  const stuck = planned.filter((p) => p.kind === "receivable");
  const target = stuck[0]?.target ?? party.connection;
  const times = money.payments.map((payment) => payment.at).filter((at) => at !== null);
  const why = stuck[0]
    ? `the command that would bring it to ${target} is ${stuck[0].state}${stuck[0].blockedBy === null ? "" : ` (${stuck[0].blockedBy})`}`
    : "nothing is on its way";
  return {
    type: "gap",
    subject,
    moneyMinor: data.totalMinor,
    currency: data.currency,
    ageFrom: times.length > 0 ? Math.min(...times) : (data.finalizedAt ?? oldest(party, subject)),
    owner: target,
    cause: `Invoice ${data.number ?? subject} of ${say(data.totalMinor, data.currency)} lacks ${gaps.join(" and ")} while later evidence is there; it stands at ${standing}, and ${why}.`,
    evidence: [
      `${party.connection}:${subject}`,
      ...money.payments.map(({ source }) => `${party.connection}:${source}`),
    ],
    acts: [
      "release what holds the command",
      `record the document in ${target} and link it`,
      "void the invoice at its source",
    ],
  };
};

const rejected = (party: Party, planned: Planned): Finding => {
  const attempt = party.slots.get(planned.slot)?.attempt ?? null;
  const amount = planned.content["amountMinor"];
  const currency = planned.content["currency"];
  return {
    type: "rejected",
    subject: planned.source,
    about: planned.slot,
    moneyMinor: typeof amount === "number" ? amount : null,
    currency: typeof currency === "string" ? currency : null,
    ageFrom: attempt?.at ?? null,
    owner: planned.target,
    cause: `${planned.target} refused to ${planned.verb} the ${words(planned.kind)} for ${planned.source}: ${attempt?.error ?? "no reason was given"}.`,
    evidence: [`${party.connection}:${planned.source}`, planned.key],
    acts: attempt?.fixable
      ? [
          `put right in ${planned.target} what the answer names; it is sent again when that arrives`,
          "retry the command",
        ]
      : [
          "correct the source object; another content is another command",
          `make the document in ${planned.target} by hand`,
        ],
  };
};

const approval = (party: Party, planned: Planned): Finding => {
  const amount = planned.content["amountMinor"];
  const currency = planned.content["currency"];
  const what = `${planned.verb} the ${words(planned.kind)} for ${planned.source} in ${planned.target}`;
  return {
    type: "approval",
    subject: planned.source,
    about: `${planned.verb} ${planned.slot}`,
    moneyMinor: typeof amount === "number" ? amount : null,
    currency: typeof currency === "string" ? currency : null,
    ageFrom: oldest(party, planned.source),
    owner: planned.target,
    cause:
      planned.hold === "inverse"
        ? `The command to ${what} takes back what is there, and waits for approval.`
        : `${planned.target} is in mode propose: the command to ${what} waits for approval.`,
    evidence: [`${party.connection}:${planned.source}`, planned.key],
    acts: ["approve the command", "cancel the command"],
  };
};

/** From before the start date: it should be there already, and is not to be found by its number. */
const unmatched = (party: Party, { key: subject, unmatched: slots }: Group): Finding => {
  const data = party.evidence.data<InvoiceData>(subject);
  const target = slots[0]!.slice(0, slots[0]!.indexOf("|"));
  return {
    type: "unmatched",
    subject,
    ...moneyOfObject(party, subject),
    ageFrom: data?.finalizedAt ?? oldest(party, subject),
    owner: target,
    cause: `Invoice ${data?.number ?? subject} is from before the start date of ${target}, and no single document of this company there carries its number: it was not sent.`,
    evidence: [`${party.connection}:${subject}`],
    acts: [
      `link the company to its record in ${target}`,
      `correct the document's number in ${target}`,
      "move the start date before it",
    ],
  };
};

const parked = (party: Party): ReadonlyArray<Finding> =>
  party.parked === null
    ? []
    : [
        {
          type: "parked",
          subject: `account/${party.customer}`,
          moneyMinor: null,
          currency: null,
          ageFrom: party.parked.at,
          owner: party.connection,
          cause: `${party.parked.by} parked this company: ${party.parked.reason}. Nothing is sent for it.`,
          evidence: [party.id],
          acts: ["release the account"],
        },
      ];

/** What is kept back object by object: by a person's word, or by a rule. */
const keptBack = (party: Party): ReadonlyArray<Finding> => {
  const found = [...party.parkedObjects].map(
    ([subject, { by, reason, at }]): Finding => ({
      type: "parked",
      subject,
      ...moneyOfObject(party, subject),
      ageFrom: at,
      owner: party.connection,
      cause: `${by} parked ${subject}: ${reason}. Nothing is sent for it.`,
      evidence: [`${party.connection}:${subject}`],
      acts: ["release the object"],
    }),
  );
  if (party.parkRules.all.length === 0 || party.parked !== null) return found;
  const said = new Map<string, Finding>();
  for (const planned of party.planned()) {
    if (planned.hold !== "parked" || party.parkedObjects.has(planned.source)) continue;
    const why = party.keptBackBy(planned);
    if (why === null || !why.startsWith("parked by rule ")) continue;
    said.set(planned.source, {
      type: "parked",
      subject: planned.source,
      about: "rule",
      ...moneyOfObject(party, planned.source),
      ageFrom: oldest(party, planned.source),
      owner: party.connection,
      cause: `${planned.source} is ${why}. Nothing is sent for it.`,
      evidence: [`${party.connection}:${planned.source}`],
      acts: ["remove the rule", "correct what it looks at, at its source"],
    });
  }
  return [...found, ...said.values()];
};

const linkHeld = (party: Party, { heldLink }: ExceptionContext): ReadonlyArray<Finding> => {
  if (heldLink === null) return [];
  const { target, rank, parties, legalIds } = heldLink;
  const why = [
    ...(parties > maxParties ? [`the account would have ${parties} parties, and ${maxParties} is the most`] : []),
    ...(legalIds.length > 1 ? [`the law knows them as different companies (${legalIds.join(" and ")})`] : []),
  ];
  return [
    {
      type: "link-held",
      subject: `account/${party.customer}`,
      about: target,
      moneyMinor: null,
      currency: null,
      ageFrom: party.links.find((claim) => claim.rank === rank && claim.target === target)?.at ?? null,
      owner: party.connection,
      cause: `${party.id} says that it is the same company as ${target} (${rank}); the link is held: ${why.join(", and ")}.`,
      evidence: [party.id, target],
      acts: [
        "separate the party, if it is another company",
        ...(legalIds.length > 1 ? ["correct the legal id that is wrong, at its source"] : []),
        ...(parties > maxParties ? ["separate those that do not belong to the account"] : []),
      ],
    },
  ];
};

/** Billed or running without a contract or a won deal behind it. */
const unquoted = (party: Party, context: ExceptionContext): ReadonlyArray<Finding> =>
  party.contractFacts
    .filter(({ id }) => context.unquoted.has(id))
    .map(({ id }) => {
      const subject = `subscription/${id.slice(id.indexOf(":") + 1)}`;
      return {
        type: "gap",
        subject,
        moneyMinor: null,
        currency: null,
        ageFrom: oldest(party, subject),
        owner: "crm",
        cause: `${id} is billed or running, and no won deal or contract of the CRM stands behind it: it lacks quoted.`,
        evidence: [id],
        acts: ["link the company to its account in the CRM", "record the contract in the CRM"],
      };
    });

const drift = (party: Party, { drift: found }: Group): ReadonlyArray<Finding> =>
  found.map(({ slot: slotName, field, ours, theirs }): Finding => {
    const slot = party.slots.get(slotName)!;
    const { held } = slot;
    const amount = held?.content["amountMinor"];
    const currency = held?.content["currency"];
    const both = field === "amountMinor" && typeof ours === "number" && typeof theirs === "number";
    const show = (value: string | number | null) =>
      typeof value === "number" && typeof currency === "string" ? say(value, currency) : String(value ?? "nothing");
    return {
      type: "drift",
      subject: slot.source,
      about: `${slotName} ${field}`,
      moneyMinor: both ? Math.abs(ours - theirs) : typeof amount === "number" ? amount : null,
      currency: typeof currency === "string" ? currency : null,
      ageFrom: held?.ackedAt ?? null,
      owner: slot.target,
      cause: `The ${words(slot.kind)} ${held?.foreignId ?? ""} in ${slot.target} says ${field} ${show(theirs)}, and should say ${show(ours)}.`,
      evidence: [`${party.connection}:${slot.source}`, `${slot.target}:${held?.foreignId ?? ""}`],
      acts: [`correct the document in ${slot.target}`, "correct the source object"],
    };
  });

const contested = (party: Party): ReadonlyArray<Finding> =>
  [...party.contested].map(([subject, parties]) => ({
    type: "contested",
    subject,
    ...moneyOfObject(party, subject),
    ageFrom: oldest(party, subject),
    owner: party.connection,
    cause: `${subject} is claimed by ${parties.join(" and ")}; nothing of it is sent until one of them is right.`,
    evidence: parties.map(String),
    acts: ["say whose it is: release the object to one of them", "correct its owner at the source"],
  }));

const ambiguous = (party: Party, context: ExceptionContext): ReadonlyArray<Finding> => {
  const askable = context.canRead(party.connection) ? new Set(party.toAsk.map(({ subject }) => subject)) : new Set();
  return [...party.evidence.ambiguous]
    .filter((subject) => !subject.startsWith(replicaPrefix) && !askable.has(subject))
    .map((subject): Finding => {
      const observations = party.evidence.doubted(subject);
      const asked = party.asked.get(subject);
      const statuses = [...new Set(observations.map((o) => o.status))].join(" and ");
      return {
        type: "ambiguous",
        subject,
        ...moneyOfObject(party, subject),
        ageFrom: oldest(party, subject),
        owner: party.connection,
        cause: `${observations.length} reports of ${subject} (${statuses}) tie and nothing orders them; ${
          asked
            ? asked.outcome === "absent"
              ? `${party.connection} no longer has the object`
              : "asking again did not settle it"
            : `${party.connection} cannot be asked again`
        }.`,
        evidence: [`${party.connection}:${subject}`],
        acts: [`touch the object in ${party.connection}, so that it reports itself anew`],
      };
    });
};

/** Money that came in and pays nothing. */
const unapplied = (party: Party): ReadonlyArray<Finding> => {
  const { evidence } = party;
  const found: Finding[] = [];
  for (const subject of evidence.payments) {
    const data = evidence.data<PaymentData>(subject);
    if (data?.status !== "succeeded") continue;
    const invoices = evidence.invoicesOf(subject);
    const payable = invoices.some((invoice) => {
      const status = evidence.data<InvoiceData>(invoice)?.status;
      return status !== undefined && status !== "void" && status !== "deleted";
    });
    if (payable) continue;
    let back = 0;
    for (const refund of evidence.refundsByPayment.get(subject) ?? []) {
      const value = evidence.data<RefundData>(refund);
      if (value?.status === "succeeded" && value.currency === data.currency) back += value.amountMinor;
    }
    const left = data.amountMinor - back;
    if (left <= 0) continue;
    const first = invoices[0];
    const why =
      first === undefined
        ? "names no invoice"
        : evidence.data<InvoiceData>(first) === undefined
          ? `names ${first}, of which nothing has been reported`
          : `paid ${first}, which is ${evidence.data<InvoiceData>(first)!.status}`;
    found.push({
      type: "unapplied",
      subject,
      moneyMinor: left,
      currency: data.currency,
      ageFrom: data.paidAt ?? oldest(party, subject),
      owner: party.connection,
      cause: `A payment of ${say(left, data.currency)} ${why}: unapplied cash.`,
      evidence: [subject, ...invoices].map((s) => `${party.connection}:${s}`),
      acts: ["name the invoice that it pays", "refund it"],
    });
  }
  return found;
};

const moneyTrouble = (party: Party, view: InvoiceView): ReadonlyArray<Finding> => {
  const { subject, data, money } = view;
  const found: Finding[] = [];
  const name = `Invoice ${data.number ?? subject}`;
  const base = { owner: party.connection, evidence: [`${party.connection}:${subject}`] };
  for (const other of money.otherCurrency) {
    const value = party.evidence.data<PaymentData | CreditNoteData>(other);
    const amount = value && ("totalMinor" in value ? value.totalMinor : value.amountMinor);
    found.push({
      ...base,
      type: "currency",
      subject: other,
      about: subject,
      moneyMinor: amount ?? null,
      currency: value?.currency ?? null,
      ageFrom: oldest(party, other),
      cause: `${other} is in ${value?.currency}, ${name.toLowerCase()} in ${data.currency}: two currencies are never added, so it counts for nothing.`,
      evidence: [...base.evidence, `${party.connection}:${other}`],
      acts: ["refund it and take it in the invoice's currency", "issue a credit note in the invoice's currency"],
    });
  }
  const refundedMinor = money.refunds.reduce((total, refund) => total + refund.amountMinor, 0);
  if (isFinalized(data) && refundedMinor > 0 && !money.paid) {
    const missing = Math.min(refundedMinor, data.totalMinor - money.settledMinor - money.creditsMinor);
    found.push({
      ...base,
      type: "refund-without-credit",
      subject,
      moneyMinor: missing,
      currency: data.currency,
      ageFrom: money.refunds.reduce<number | null>(
        (least, { at }) => (at !== null && (least === null || at < least) ? at : least),
        null,
      ),
      cause: `${name} had ${say(refundedMinor, data.currency)} refunded without a credit note over ${say(missing, data.currency)}: it is open again, not paid.`,
      evidence: [...base.evidence, ...money.refunds.map(({ source }) => `${party.connection}:${source}`)],
      acts: ["issue a credit note for the refunded amount", "collect the amount again"],
    });
  }
  if (isFinalized(data) && data.totalMinor < 0) {
    found.push({
      ...base,
      type: "negative-total",
      subject,
      moneyMinor: -data.totalMinor,
      currency: data.currency,
      ageFrom: data.finalizedAt ?? oldest(party, subject),
      cause: `${name} has the negative total ${say(data.totalMinor, data.currency)}: it is no receivable, and nothing was posted for it.`,
      acts: ["void it and issue a credit note instead"],
    });
  }
  return found;
};

const words = (kind: string): string => kind.replaceAll("_", " ");
