/**
 * The account's statechart: five regions that walk, neighbour to neighbour, to where the evidence puts them.
 * Guards read the evidence by name; nothing is done on entry; no state is final, since late events must still be heard.
 */
import { setup } from "xstate";
import type { AccountFacts } from "../domain/facts.ts";
import { is } from "./account.guards.ts";

/** Of the chart; raised when a state or a transition changes. */
export const machineVersion = 1;

export interface AccountContext {
  /** The actor refuses what is not addressed to it. */
  readonly account: string;
  readonly facts: AccountFacts;
}

export type AccountEvent = { readonly type: "evidence.joined"; readonly account: string; readonly facts: AccountFacts };

export const noFacts: AccountFacts = {
  standing: "prospect",
  contract: null,
  subscription: null,
  receivables: { posting: 0, posted: 0, blocked: 0 },
  cash: { due: 0, partial: 0, settled: 0, disputed: 0 },
  sync: { open: 0, parked: 0, drift: 0, unsettled: 0 },
};

const machineSetup = setup({
  types: {
    context: {} as AccountContext,
    events: {} as AccountEvent,
    input: {} as { readonly account: string },
  },
  guards: {
    addressed: ({ context, event }) => event.account === context.account,

    beyondProspect: ({ context }) => is.beyond(context.facts, "prospect"),
    beyondQuoted: ({ context }) => is.beyond(context.facts, "quoted"),
    beyondActivated: ({ context }) => is.beyond(context.facts, "activated"),
    beyondInvoiced: ({ context }) => is.beyond(context.facts, "invoiced"),
    beyondPosted: ({ context }) => is.beyond(context.facts, "posted"),
    beyondPaid: ({ context }) => is.beyond(context.facts, "paid"),
    beforeQuoted: ({ context }) => is.before(context.facts, "quoted"),
    beforeActivated: ({ context }) => is.before(context.facts, "activated"),
    beforeInvoiced: ({ context }) => is.before(context.facts, "invoiced"),
    beforePosted: ({ context }) => is.before(context.facts, "posted"),
    beforePaid: ({ context }) => is.before(context.facts, "paid"),
    beforeRecognized: ({ context }) => is.before(context.facts, "recognized"),
    churned: ({ context }) => is.churned(context.facts),
    notChurned: ({ context }) => !is.churned(context.facts),

    trialing: ({ context }) => is.subscription(context.facts, "trialing"),
    notTrialing: ({ context }) => !is.subscription(context.facts, "trialing"),
    pastDue: ({ context }) => is.subscription(context.facts, "past_due"),
    notPastDue: ({ context }) => !is.subscription(context.facts, "past_due"),
    paused: ({ context }) => is.subscription(context.facts, "paused"),
    notPaused: ({ context }) => !is.subscription(context.facts, "paused"),
    canceled: ({ context }) => is.subscription(context.facts, "canceled"),
    notCanceled: ({ context }) => !is.subscription(context.facts, "canceled"),
    subscribed: ({ context }) => !is.subscription(context.facts, "none"),
    notSubscribed: ({ context }) => is.subscription(context.facts, "none"),

    ledgerClear: ({ context }) => is.ledger(context.facts, "clear"),
    ledgerNotClear: ({ context }) => !is.ledger(context.facts, "clear"),
    posted: ({ context }) => is.ledger(context.facts, "posted"),
    notPosted: ({ context }) => !is.ledger(context.facts, "posted"),
    blocked: ({ context }) => is.ledger(context.facts, "blocked"),
    notBlocked: ({ context }) => !is.ledger(context.facts, "blocked"),

    cashClear: ({ context }) => is.cash(context.facts, "clear"),
    cashNotClear: ({ context }) => !is.cash(context.facts, "clear"),
    partial: ({ context }) => is.cash(context.facts, "partial"),
    notPartial: ({ context }) => !is.cash(context.facts, "partial"),
    settled: ({ context }) => is.cash(context.facts, "settled"),
    notSettled: ({ context }) => !is.cash(context.facts, "settled"),
    disputed: ({ context }) => is.cash(context.facts, "disputed"),
    notDisputed: ({ context }) => !is.cash(context.facts, "disputed"),

    agreed: ({ context }) => is.sync(context.facts, "agreed"),
    notAgreed: ({ context }) => !is.sync(context.facts, "agreed"),
    drifting: ({ context }) => is.sync(context.facts, "drifting"),
    notDrifting: ({ context }) => !is.sync(context.facts, "drifting"),
    parked: ({ context }) => is.sync(context.facts, "parked"),
    notParked: ({ context }) => !is.sync(context.facts, "parked"),
  },
});

const take = machineSetup.assign(({ event }) => ({ facts: event.facts }));
const state = machineSetup.createStateConfig;

const lifecycle = state({
  initial: "prospect",
  states: {
    prospect: {
      always: [
        { guard: "churned", target: "churned" },
        { guard: "beyondProspect", target: "quoted" },
      ],
    },
    quoted: {
      always: [
        { guard: "churned", target: "churned" },
        { guard: "beyondQuoted", target: "activated" },
        { guard: "beforeQuoted", target: "prospect" },
      ],
    },
    activated: {
      always: [
        { guard: "churned", target: "churned" },
        { guard: "beyondActivated", target: "invoiced" },
        { guard: "beforeActivated", target: "quoted" },
      ],
    },
    invoiced: {
      always: [
        { guard: "churned", target: "churned" },
        { guard: "beyondInvoiced", target: "posted" },
        { guard: "beforeInvoiced", target: "activated" },
      ],
    },
    posted: {
      always: [
        { guard: "churned", target: "churned" },
        { guard: "beyondPosted", target: "paid" },
        { guard: "beforePosted", target: "invoiced" },
      ],
    },
    paid: {
      always: [
        { guard: "churned", target: "churned" },
        { guard: "beyondPaid", target: "recognized" },
        { guard: "beforePaid", target: "posted" },
      ],
    },
    recognized: {
      always: [
        { guard: "churned", target: "churned" },
        { guard: "beforeRecognized", target: "paid" },
      ],
    },
    churned: { always: { guard: "notChurned", target: "prospect" } },
  },
});

const subscription = state({
  initial: "none",
  states: {
    none: {
      always: [
        { guard: "trialing", target: "trialing" },
        { guard: "subscribed", target: "active" },
      ],
    },
    trialing: { always: { guard: "notTrialing", target: "active" } },
    active: {
      always: [
        { guard: "trialing", target: "trialing" },
        { guard: "pastDue", target: "past_due" },
        { guard: "paused", target: "paused" },
        { guard: "canceled", target: "canceled" },
        { guard: "notSubscribed", target: "none" },
      ],
    },
    past_due: { always: { guard: "notPastDue", target: "active" } },
    paused: { always: { guard: "notPaused", target: "active" } },
    canceled: { always: { guard: "notCanceled", target: "active" } },
  },
});

const ledger = state({
  initial: "clear",
  states: {
    clear: { always: { guard: "ledgerNotClear", target: "posting" } },
    posting: {
      always: [
        { guard: "ledgerClear", target: "clear" },
        { guard: "posted", target: "posted" },
        { guard: "blocked", target: "blocked" },
      ],
    },
    posted: { always: { guard: "notPosted", target: "posting" } },
    blocked: { always: { guard: "notBlocked", target: "posting" } },
  },
});

const cash = state({
  initial: "clear",
  states: {
    clear: { always: { guard: "cashNotClear", target: "due" } },
    due: {
      always: [
        { guard: "cashClear", target: "clear" },
        { guard: "partial", target: "partial" },
        { guard: "settled", target: "settled" },
        { guard: "disputed", target: "disputed" },
      ],
    },
    partial: { always: { guard: "notPartial", target: "due" } },
    settled: { always: { guard: "notSettled", target: "due" } },
    disputed: { always: { guard: "notDisputed", target: "due" } },
  },
});

const sync = state({
  initial: "agreed",
  states: {
    agreed: { always: { guard: "notAgreed", target: "propagating" } },
    propagating: {
      always: [
        { guard: "agreed", target: "agreed" },
        { guard: "drifting", target: "drifting" },
        { guard: "parked", target: "parked" },
      ],
    },
    drifting: { always: { guard: "notDrifting", target: "propagating" } },
    parked: { always: { guard: "notParked", target: "propagating" } },
  },
});

export const accountMachine = machineSetup.createMachine({
  id: "account",
  type: "parallel",
  context: ({ input }) => ({ account: input.account, facts: noFacts }),
  on: { "evidence.joined": { guard: "addressed", actions: take } },
  states: { lifecycle, subscription, ledger, cash, sync },
});
