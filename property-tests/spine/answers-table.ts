/** The table of answers: every trouble with every call of every vendor, run, and told in a row. */
import type { Place } from "../../domain/note.ts";
import type { Planned } from "../../domain/plan.ts";
import type { AnswerError, DocumentKind } from "../../domain/ports/system.ts";
import { AnswersLab, type TableVerb, targetOf, type Vendor, vendors, verbs } from "./answers-lab.ts";
import { type Trouble, troubles, writes } from "./troubles.ts";

export interface Row {
  readonly vendor: Vendor;
  readonly verb: TableVerb;
  readonly trouble: string;
  readonly answer: string;
  readonly engine: string;
  readonly exception: string;
  readonly end: string;
}

/** A date is told in whole seconds, our clock is not. */
const patience = (ms: number | null): string =>
  ms === null ? "no time said" : ms % 1000 === 0 ? `${ms / 1000} s` : "to a date";
const classOf = (error: AnswerError): string => {
  if (error._tag === "Throttled") return `throttled, ${patience(error.retryAfterMs)}`;
  if (error._tag === "RejectedFixable") return `fixable \`${error.code}\``;
  if (error._tag === "Impossible") return `impossible \`${error.code}\``;
  return error._tag === "Transient" ? "transient" : "unknown outcome";
};
/** A customer that Stripe has. */
const known = (lab: AnswersLab): string =>
  `account/${lab.world.stripe.operations.createCustomer({ name: "Acme", email: "ap@acme.test" })}`;
const kinds = { stripe: "customer", netsuite: "receivable", salesforce: "crm_invoice" } as const;
const openOf = (lab: AnswersLab, kind: DocumentKind = kinds[lab.vendor]): Planned | null =>
  [...lab.core.open.values()]
    .map(({ planned }) => planned)
    .find((planned) => planned.target === targetOf(lab.vendor) && planned.kind === kind) ?? null;
/** `exact`: what was asked for; the engine must wait for that, to the moment. */
const waits = (ms: number, exact: number | null, settle: boolean): string => {
  if (exact !== null && ms !== exact) return `after ${ms} ms, not as asked`;
  if (exact !== null) return exact % 1000 === 0 ? `in ${exact / 1000} s` : "from that date on";
  return ms <= 0 ? "at once" : settle ? `in ${Math.round(ms / 1000)} s` : "after a backoff";
};
const exceptionsOf = (lab: AnswersLab, source: string | undefined): string => {
  const found = [...lab.core.allExceptions().values()].flat().filter((one) => one.source === `stripe:${source}`);
  return [...new Set(found.map(({ type }) => type))].sort().join(", ") || "none";
};

/** Runs one cell of the table; null where the vendor has no such call. */
export const run = async (vendor: Vendor, verb: TableVerb, trouble: Trouble): Promise<Row | null> => {
  if (trouble.only && !trouble.only(verb, vendor)) return null;
  const kind = trouble.kind?.(vendor) ?? kinds[vendor];
  const base = { vendor, verb, trouble: trouble.name };
  const blank = (why: string): Row => ({ ...base, answer: "—", engine: why, exception: "—", end: "—" });
  if (vendor === "stripe" && verb === "reverse")
    return trouble.name === "none" ? blank("customers are never taken back") : null;
  if (vendor === "stripe" && verb === "poll") return trouble.name === "none" ? blank("Stripe has no poll") : null;
  const lab = new AnswersLab(vendor);
  await lab.stage(
    verb === "lookup" ? "post" : verb,
    kind,
    vendor === "stripe" && verb === "post" ? trouble.email : undefined,
    verb === "post" ? trouble.totalMinor : undefined,
  );
  if (vendor === "stripe" && verb === "update" && trouble.email !== undefined) lab.rename(trouble.email, 40);
  if (verb === "lookup") {
    lab.next((well) => ({ ...well, answeredAfter: null }));
    lab.act();
    await lab.world.rest(() => openOf(lab)?.state === "unknown");
    lab.answers.length = 0;
    lab.writing = false;
  }
  const planned = openOf(lab, kind);
  const why = await trouble.arrange(lab, verb, planned);
  if (why !== null) return blank(why);
  if (writes.has(verb)) lab.act();
  else if (verb !== "lookup" && lab.core.asks.size === 0)
    lab.ask(
      verb as "read" | "poll",
      { stripe: known(lab), netsuite: "account/1", salesforce: `account/${lab.said.account}` }[vendor],
    );
  const concerned = () => lab.answers.find((answer) => answer.kind === null || answer.kind === kind);
  await lab.world.rest(() => concerned() !== undefined);
  const first = concerned();
  const { error } = first!;
  const exact = error?._tag === "Throttled" ? error.retryAfterMs : null;
  const after = openOf(lab, kind);
  const due = (lab.world.instances[0]!.nextDue() ?? first!.at) - first!.at;
  let engine = "";
  if (writes.has(verb)) {
    const attempt = planned === null ? null : lab.core.parties.get("stripe:cus_1")!.slots.get(planned.slot)!.attempt;
    if (attempt === null) engine = "acked";
    else if (attempt.state === "rejected") engine = "rejected";
    else if (attempt.state === "unknown")
      engine = `unknown; read back ${waits(attempt.nextAt - first!.at, null, true)}`;
    else engine = `${attempt.state}; again ${waits(attempt.nextAt - first!.at, exact, false)}`;
  } else if (error !== null)
    engine = `${verb === "lookup" ? "stays unknown; asked" : "asked"} again ${waits(due, exact, false)}`;
  else
    engine =
      verb === "lookup"
        ? after?.state === "unknown"
          ? "stays unknown"
          : "acked by look-up"
        : first!.found
          ? "taken in"
          : "settles nothing; noted as absent";
  const exception = exceptionsOf(lab, planned?.source);
  const settle = () => {
    const budget = lab.world.now + 60_000;
    return lab.world.rest(() => lab.world.now > budget);
  };
  await settle();
  let end = endOf(lab, planned, verb);
  if (trouble.lift && end !== "acked, once" && end !== "answered") {
    trouble.lift(lab);
    await settle();
    const rejected = openOf(lab, kind);
    if (rejected?.state === "rejected") {
      const { slot, key, source, part } = rejected;
      const place: Place = { target: rejected.target, source, part, kind };
      const note = { type: "command.retry" as const, party: "stripe:cus_1", slot, key, place, by: "ops", reason: null };
      lab.operator(note, lab.world.now);
      await settle();
      end = `${end}; put right and retried: ${endOf(lab, planned, verb)}`;
    } else end = `${end}; put right: ${endOf(lab, planned, verb)}`;
  }
  return {
    ...base,
    answer: error === null ? (first!.found ? "done" : "nothing there") : classOf(error),
    engine,
    exception,
    end,
  };
};

const endOf = (lab: AnswersLab, planned: Planned | null, verb: TableVerb): string => {
  if (!writes.has(verb) && verb !== "lookup") return lab.core.asks.size === 0 ? "answered" : "still asked";
  const open = planned === null ? null : openOf(lab, planned.kind);
  const doubles = new Map<string, number>();
  const logged = [
    ...lab.world.netsuite.committed
      .filter(({ op }) => op === "create")
      .map(({ recordType, externalId }) => `${recordType} ${externalId}`),
    ...lab.salesforce.committed.filter(({ op }) => op === "create").map(({ externalId }) => externalId),
    ...lab.world.stripe.log.filter((entry) => entry.verb === "post").map(({ outsideId }) => outsideId),
  ];
  for (const id of logged.filter((one) => one !== null)) doubles.set(id, (doubles.get(id) ?? 0) + 1);
  if ([...doubles.values()].some((count) => count > 1)) return "made twice";
  return open?.slot === planned?.slot && open !== null ? open.state : "acked, once";
};

export const table = async (): Promise<ReadonlyArray<Row>> => {
  const rows: Row[] = [];
  for (const vendor of vendors)
    for (const verb of verbs)
      for (const trouble of troubles) {
        const row = await run(vendor, verb, trouble);
        if (row !== null) rows.push(row);
      }
  return rows;
};

const names: Readonly<Record<Vendor, string>> = { stripe: "Stripe", netsuite: "NetSuite", salesforce: "Salesforce" };

export const document = (rows: ReadonlyArray<Row>): string => {
  const part = (vendor: Vendor): string => {
    const lines = rows
      .filter((row) => row.vendor === vendor)
      .map(
        ({ verb, trouble, answer, engine, exception, end }) =>
          `| ${[verb, trouble, answer, engine, exception, end].join(" | ")} |`,
      );
    return [
      `## ${names[vendor]}`,
      "",
      "| call | what was wrong | the adapter said | the engine did | exceptions then | at rest |",
      "| --- | --- | --- | --- | --- | --- |",
      ...lines,
      "",
    ].join("\n");
  };
  return `${[
    "# What an answer leads to",
    "",
    "Each line is a run: the real engine and adapter against the vendor's simulator, brought to the moment before the call, with one thing wrong.",
    "The settle window is 5 s here; a backoff is drawn up to its cap. Nothing writes to Stripe in the table of obligations, so for its lines Stripe",
    "is the only ledger, and the document is the customer. For NetSuite it is the receivable, for Salesforce the invoice shown. Written by",
    "`node --import tsx property-tests/spine/answers.ts`; a test checks that it is current.",
    "",
    ...vendors.map(part),
  ]
    .join("\n")
    .trimEnd()}\n`;
};
