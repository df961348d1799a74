/** One command, question or poll brought to the moment before it leaves, one trouble arranged, and what then is answered and done. */
import * as Effect from "effect/Effect";
import * as Redacted from "effect/Redacted";
import { makeNetsuite, sandboxConfig as netsuiteSandbox } from "../../adapters/netsuite/layer.ts";
import { makeSalesforce, sandboxConfig as salesforceSandbox } from "../../adapters/salesforce/layer.ts";
import type { AnswerError, DocumentKind, Receipt, System } from "../../domain/ports/system.ts";
import { actOnAll, type ConnectionRules, observeAll } from "../../domain/rules.ts";
import { second, stripeEvent } from "../simulation/lab.ts";
import type { Fate } from "../simulation/network.ts";
import { epoch } from "../simulation/world.ts";
import { company, operatorEntry, SpineLab } from "./lab.ts";

export const vendors = ["stripe", "netsuite", "salesforce"] as const;
export type Vendor = (typeof vendors)[number];
export const verbs = ["post", "update", "reverse", "lookup", "read", "poll"] as const;
export type TableVerb = (typeof verbs)[number];

export interface Answered {
  readonly call: "send" | "lookup" | "read" | "poll";
  /** Null: the call is about no document. */
  readonly kind: DocumentKind | null;
  readonly error: AnswerError | null;
  readonly found: boolean;
  readonly at: number;
}

/** Stripe as the only ledger, so that its customers are written too: no row of the table asks for that otherwise. */
export const ledger = "ledger";
export const hostOf = (vendor: Vendor): string => `${vendor}.test`;
const wrong = { type: "bearer", token: Redacted.make("wrong") } as const;

/** All is held, but for the customer on which an ERP's documents rest. */
const holding = (vendor: Vendor, row = "customer.present"): ConnectionRules => ({
  ...observeAll,
  rows: vendor === "netsuite" ? { "customer.present": "act", [row]: "act" } : {},
});
export const targetOf = (vendor: Vendor): string => (vendor === "stripe" ? ledger : vendor);

export class AnswersLab extends SpineLab {
  readonly vendor: Vendor;
  readonly answers: Answered[];
  readonly said: ReturnType<typeof company>;
  private readonly rules: Map<string, ConnectionRules>;
  private readonly control: { wrongToken: boolean; writing: boolean; next: ((well: Fate) => Fate) | null };

  constructor(vendor: Vendor) {
    const rules = new Map<string, ConnectionRules>([[targetOf(vendor), holding(vendor)]]);
    const answers: Answered[] = [];
    const control: AnswersLab["control"] = { wrongToken: false, writing: true, next: null };
    let now = () => epoch;
    const record = <A>(
      call: Answered["call"],
      kind: Answered["kind"],
      effect: Effect.Effect<A, AnswerError>,
    ): Effect.Effect<A, AnswerError> =>
      Effect.tapBoth(effect, {
        onFailure: (error) => Effect.sync(() => answers.push({ call, kind, error, found: false, at: now() })),
        onSuccess: (value) =>
          Effect.sync(() => answers.push({ call, kind, error: null, found: value !== null, at: now() })),
      });
    const heard = (system: System, wrong: System): System => {
      const { outbound } = system;
      const one = () => (control.wrongToken ? wrong : system).outbound;
      return {
        ...system,
        outbound: {
          ...outbound,
          send: (command) => record<Receipt>("send", command.kind, one().send(command)),
          lookup: (command) => record("lookup", command.kind, one().lookup(command)),
          read: (subject, connection, at) => record("read", null, one().read(subject, connection, at)),
          poll:
            outbound.poll === null
              ? null
              : (cursor, connection) => record("poll", null, one().poll!(cursor, connection)),
        },
      };
    };
    super("billing-led", {
      rules,
      fate: (host, method, well) => {
        const write = method !== "GET";
        if (control.next === null || host !== hostOf(vendor) || write !== control.writing) return null;
        const change = control.next;
        control.next = null;
        return change(well);
      },
      adapt: (systems) =>
        Effect.map(
          vendor === "salesforce"
            ? makeSalesforce(salesforceSandbox("http://salesforce.test", { auth: wrong }))
            : makeNetsuite(netsuiteSandbox("http://netsuite.test", { auth: wrong })),
          (stranger) =>
            systems.flatMap((system) => {
              const same = system.connection === vendor;
              const known = same ? heard(system, vendor === "stripe" ? system : stranger) : system;
              if (vendor !== "stripe") return [known];
              if (system.connection === "netsuite") return [];
              if (!same) return [known];
              return [known, { ...known, connection: ledger, profile: { ...known.profile, roles: ["erp"] } }];
            }),
        ),
    });
    now = () => this.world.now;
    this.vendor = vendor;
    this.answers = answers;
    this.rules = rules;
    this.control = control;
    this.said = company(this);
  }

  /** Whether the call of interest is a write. */
  set writing(writing: boolean) {
    this.control.writing = writing;
  }

  /** The next process works by other rules. */
  act(): void {
    this.rules.set(targetOf(this.vendor), actOnAll);
    this.world.instances[0]!.dead = true;
  }
  private hold(): void {
    this.rules.set(targetOf(this.vendor), holding(this.vendor));
    this.world.instances[0]!.dead = true;
  }
  withWrongToken(on: boolean): void {
    this.control.wrongToken = on;
  }
  /** What becomes of the next request of interest. */
  next(change: (well: Fate) => Fate): null {
    this.control.next = change;
    return null;
  }

  /** Another email, in a second of its own. */
  rename(email: string, after: number): void {
    this.customer(`Acme Renamed at ${after}`, second + after, email);
  }

  paid(): void {
    this.give(this.said.paid);
  }

  private customer(name: string, at: number, email = "ap@acme.test"): void {
    const data = { id: "cus_1", object: "customer", name, email };
    this.give(stripeEvent("customer.updated", data, at, `evt_customer_${name}_${at}`));
  }
  invoiced(more: Record<string, unknown>, type: string, at: number): void {
    const base = this.said.finalized.data.object;
    this.give(stripeEvent(type, { ...base, ...more }, at, `evt_${type}_${at}`));
  }

  /** To the moment before the call leaves: the command is held, the question not yet asked. */
  async stage(verb: TableVerb, kind: DocumentKind, email?: string, totalMinor = 10_000): Promise<void> {
    if (kind === "cash_application") this.rules.set(targetOf(this.vendor), holding(this.vendor, "invoice.posted"));
    for (const event of [this.said.accountCreated, this.said.dealWon]) this.give(event, "salesforce");
    this.customer("Acme", second - 9, email);
    this.invoiced({ status: "open", total: totalMinor, amount_due: totalMinor }, "invoice.finalized", second);
    if (this.vendor === "salesforce") this.link("stripe:cus_1", `salesforce:${this.said.account}`);
    if (kind === "cash_application") this.paid();
    await this.rest();
    if (verb === "update" || verb === "reverse") {
      this.act();
      await this.rest();
      this.hold();
      await this.rest();
      if (verb === "reverse" && this.vendor === "salesforce") this.link("stripe:cus_1", null, this.world.now);
      else if (verb === "reverse") this.invoiced({ status: "void" }, "invoice.voided", second + 20);
      else if (this.vendor === "stripe") this.customer("Acme Renamed", second + 20, email);
      else this.invoiced({ status: "open", number: "A-18" }, "invoice.updated", second + 20);
      await this.rest();
    }
    if (verb === "read" || verb === "poll") {
      this.act();
      await this.rest();
    }
    this.answers.length = 0;
    // NetSuite is asked for what changed by a POST.
    this.writing = verb !== "lookup" && verb !== "read" && (verb !== "poll" || this.vendor === "netsuite");
  }

  /** The question that a re-read or a poll answers. */
  ask(verb: "read" | "poll", subject: string): null {
    const [instance] = this.world.instances;
    const note = { asks: [verb === "poll" ? "*" : subject] };
    const base = operatorEntry(
      { type: "link", party: `${this.vendor}:x`, target: null, by: "", reason: null },
      this.world.now,
    );
    instance!.append([{ ...base, kind: "webhook", note }]);
    instance!.turn(true);
    return null;
  }
}
