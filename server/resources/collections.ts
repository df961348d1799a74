/**
 * The canonical resources: which objects each collection holds and the schema of its items, made from the domain's own, so that
 * a new field of an object appears by itself. Revenue schedules are worked out, not said, and stand in `server/reports/`. *Pure.*
 */
import * as Schema from "effect/Schema";
import type * as AST from "effect/SchemaAST";
import { blanks, dataSchemas, type ObjectKind } from "../../domain/event.ts";
import { stageTable } from "../../domain/lifecycle.ts";
import { AccountId, AmountMinor, Currency, Instant, ResourceId, shownField, Whole } from "../openapi/leaf.ts";

export const Stage = Schema.Literal("prospect", ...stageTable.map(({ stage }) => stage), "churned").annotations({
  identifier: "Stage",
});

const Document = Schema.Struct({
  /** What it is there: `receivable`, `cash_application`, … */
  kind: Schema.String,
  /** The target's own id; null before it answered. */
  id: Schema.NullOr(Schema.String),
  status: Schema.String,
  /** The id that we gave it, carried as the target's external id. */
  outsideId: Schema.String,
  /** The status that the target itself reports; null when it has not. */
  reported: Schema.NullOr(Schema.String),
}).annotations({ identifier: "Document", description: "One document that stands for the object in another system." });

const SystemView = Schema.Struct({
  id: Schema.NullOr(Schema.String),
  status: Schema.String,
  documents: Schema.optionalWith(Schema.Array(Document), { exact: true }),
}).annotations({
  identifier: "SystemView",
  examples: [
    {
      id: "812",
      status: "posted",
      documents: [
        {
          kind: "receivable",
          id: "812",
          status: "posted",
          outsideId: "tie_5d1f0c6b2a7e4c8f9b3a6d2e1c0f7a84",
          reported: "open",
        },
      ],
    },
  ],
  description:
    "What one system knows of the object. In the system that it comes from, its id and status there; elsewhere the id and status " +
    "(`posting`, `posted`, `blocked`, `reversing`, `reversed`) of the document that stands for it, and every such document.",
});

const Kept = Schema.Struct({
  field: Schema.NullOr(Schema.String).annotations({
    description: "The field that the value is of, from systems that send only what changed; null: the whole object.",
  }),
  clock: Schema.Number.annotations({
    description: "The vendor's clock, in its own unit (milliseconds, where it has none).",
  }),
  value: Schema.Unknown,
}).annotations({ identifier: "KeptValue" });

const common = {
  id: ResourceId,
  connection: Schema.String,
  account: Schema.NullOr(AccountId).annotations({ description: "Null while no customer is known to own the object." }),
  party: Schema.NullOr(ResourceId).annotations({ description: "The customer of the connection that owns the object." }),
};
const last = {
  ambiguous: Schema.Boolean.annotations({
    description:
      "The system said two things of one instant. One is shown by a fixed rule; all are in `kept` until a re-read settles it.",
  }),
  kept: Schema.Array(Kept),
  systems: Schema.Record({ key: Schema.String, value: SystemView }),
  seq: Whole.annotations({ description: "The journal position of this answer." }),
};

const Allocation = Schema.Struct({ invoice: ResourceId, amountMinor: AmountMinor });
const Funds = Schema.Struct({
  status: Schema.Literal("withdrawn", "reinstated"),
  currency: Currency,
  amountMinor: AmountMinor,
  withdrawnAt: Schema.NullOr(Instant),
});
const Carries = Schema.Struct({
  outsideId: Schema.String,
  kind: Schema.String,
  source: ResourceId,
  sourceKind: Schema.String,
});

/** What is worked out, beside what was said. */
const derived = {
  contracts: {
    stage: Stage,
    recognizedShare: Schema.NullOr(Schema.Number),
    basis: Schema.Literal("contract", "subscription"),
  },
  invoices: { stage: Stage, settledMinor: AmountMinor, creditsMinor: AmountMinor, dueMinor: AmountMinor },
  payments: { allocations: Schema.Array(Allocation), refundedMinor: AmountMinor, withdrawnMinor: AmountMinor },
  disputes: { funds: Schema.NullOr(Funds) },
  postings: {
    carries: Schema.NullOr(Carries).annotations({
      description: "The object that the document was posted for; null for one that the ERP made by itself.",
    }),
  },
} as const;

const table = [
  {
    path: "customers",
    name: "customer",
    kind: "account",
    what: "One customer id of one system: a party of an account.",
  },
  { path: "quotes", name: "quote", kind: "quote", what: "A deal or a priced offer." },
  {
    path: "contracts",
    name: "contract",
    kind: "contract",
    what: "What the customer agreed to. A subscription that fulfils no contract of a CRM is its own, told by `basis`.",
  },
  {
    path: "subscriptions",
    name: "subscription",
    kind: "subscription",
    what: "What billing charges for again and again.",
  },
  { path: "invoices", name: "invoice", kind: "invoice", what: "An invoice, with the money that went to it." },
  { path: "credit-notes", name: "credit note", kind: "credit_note", what: "A credit note on an invoice." },
  {
    path: "payments",
    name: "payment",
    kind: "payment",
    what: "One movement of money towards us, however many objects mention it.",
  },
  { path: "refunds", name: "refund", kind: "refund", what: "Money given back." },
  {
    path: "disputes",
    name: "dispute",
    kind: "dispute",
    what: "A payment that the payer contests, and where its money is.",
  },
  {
    path: "postings",
    name: "posting",
    kind: "posting",
    what: "A financial document as an ERP reports it, ours or its own.",
  },
] as const satisfies ReadonlyArray<{ path: string; name: string; kind: ObjectKind; what: string }>;

export type CollectionPath = (typeof table)[number]["path"];

export interface Collection {
  readonly path: CollectionPath;
  /** In words, singular. */
  readonly name: string;
  readonly kind: ObjectKind;
  readonly what: string;
  readonly schema: Schema.Schema.Any;
  readonly page: Schema.Schema.Any;
  readonly statuses: ReadonlyArray<string>;
  /** Fields that name another object of the same connection. */
  readonly references: ReadonlySet<string>;
}

const statusesOf = (ast: AST.AST): ReadonlyArray<string> =>
  (ast._tag === "Union" ? ast.types : [ast]).flatMap((part) => (part._tag === "Literal" ? [String(part.literal)] : []));

const pascal = (name: string): string => name.replaceAll(/(?:^|\W)(\w)/g, (_, letter: string) => letter.toUpperCase());

const make = ({ path, name, kind, what }: (typeof table)[number]): Collection => {
  const said = dataSchemas[kind].fields as Readonly<Record<string, Schema.Schema.Any>>;
  const shown = Object.entries(said).map(([field, schema]) => [field, shownField(schema)] as const);
  const worked = (derived as Readonly<Record<string, Schema.Struct.Fields>>)[path] ?? {};
  const parts = [common, Object.fromEntries(shown.map(([field, { schema }]) => [field, schema])), worked, last];
  const names = parts.flatMap((part) => Object.keys(part));
  const twice = names.find((field, index) => names.indexOf(field) !== index);
  if (twice !== undefined)
    throw new Error(`${path}: the field ${twice} of domain/event.ts is also one of every resource`);
  const identifier = pascal(name);
  const schema = Schema.Struct(Object.assign({}, ...parts) as Schema.Struct.Fields).annotations({
    identifier,
    description: what,
  }) as unknown as Schema.Schema<unknown>;
  const page = Schema.Struct({ items: Schema.Array(schema), nextCursor: Schema.NullOr(Schema.String) }).annotations({
    identifier: `${identifier}Page`,
  });
  const references = new Set(shown.filter(([, { reference }]) => reference).map(([field]) => field));
  return { path, name, kind, what, schema, page, statuses: statusesOf(said["status"]!.ast), references };
};

export const collections: ReadonlyArray<Collection> = table.map(make);
export const collectionAt = (path: string): Collection | undefined => collections.find((c) => c.path === path);

/** The fields that a system may speak of one by one; null for kinds that are always told whole. */
export const fieldsOf = (kind: ObjectKind): ReadonlyArray<string> | null =>
  kind in blanks ? Object.keys(blanks[kind as keyof typeof blanks]) : null;
