/** What the routes of the audit trail promise. *Pure.* */
import * as Schema from "effect/Schema";
import { Instant, Whole } from "../openapi/leaf.ts";
import type { Operation } from "../openapi/operation.ts";
import { filter, json, ofAccount } from "../operators/act-operation.ts";
import { pageParameters } from "../resources/operations.ts";

export const auditPaths = { trail: "/v1/audit", head: "/v1/audit/head", export: "/v1/export" } as const;

const Text = Schema.NullOr(Schema.String);
const AuditItem = Schema.Struct({
  position: Whole,
  at: Instant,
  by: Text.annotations({ description: "Who, as the API key names them; a connection, or `tieout` itself." }),
  type: Text.annotations({ description: "What happened, as `topic.happened`." }),
  reason: Text,
  party: Text,
  detail: Schema.Record({ key: Schema.String, value: Schema.Unknown }),
  act: Text.annotations({ description: "The request's id: the `Idempotency-Key`, or one of ours." }),
  stands: Schema.Boolean,
  hash: Text.annotations({ description: "SHA-256 of the link of the chain that holds the entry." }),
  link: Schema.NullOr(Schema.Struct({ first: Whole, last: Whole })),
}).annotations({ identifier: "AuditItem" });
const AuditPage = Schema.Struct({ items: Schema.Array(AuditItem), nextCursor: Text }).annotations({
  identifier: "AuditPage",
});
const AuditHead = Schema.Struct({
  position: Whole,
  hash: Text,
  head: Text.annotations({ description: "`HASH@POSITION`, for `tieout verify --expect-head`." }),
}).annotations({ identifier: "AuditHead" });

const instant = Schema.String.annotations({ examples: ["2026-01-31T00:00:00Z"] });

export const auditOperations: ReadonlyArray<Operation> = [
  {
    method: "get",
    path: auditPaths.trail,
    operationId: "listAudit",
    tag: "audit",
    summary: "Who did what, when and why",
    description:
      "Acts of people, uses of keys and decisions about controls, newest first. A page may be shorter than `limit`, even empty, while " +
      "`nextCursor` is not null: the work for one request is bounded. Ask on until it is null.",
    access: "read",
    parameters: [
      filter("from", "Taken in at or after this instant.", instant),
      filter("to", "Taken in before this instant.", instant),
      filter("by", "Only of this person, key or connection."),
      filter("type", "Only of this type, `period.closed`, or of this topic, `period`."),
      ofAccount,
      ...pageParameters,
    ],
    answers: { 200: { description: "A page.", content: json, schema: AuditPage } },
    problems: ["bad-parameter"],
  },
  {
    method: "get",
    path: auditPaths.head,
    operationId: "getAuditHead",
    tag: "audit",
    summary: "The end of the journal's hash chain",
    description:
      "Note it outside this server. `tieout verify --expect-head HASH@POSITION` then proves that nothing up to there was rewritten, also " +
      "by somebody who hashed everything anew.",
    access: "read",
    answers: { 200: { description: "The head.", content: json, schema: AuditHead } },
    problems: [],
  },
  {
    method: "get",
    path: auditPaths.export,
    operationId: "exportEvidence",
    tag: "audit",
    summary: "Evidence for an auditor, with a manifest of hashes",
    description:
      "A tar archive of the files that `tieout export` writes; unpacked, `tieout export --check` says whether it is whole. It is made " +
      "while it is read, and without its `manifest.json`, which comes last, it was broken off. Personal fields are covered and raw bytes " +
      "left out but for `unmasked`. One runs at a time; each is written into the audit trail before its first byte.",
    access: "admin",
    parameters: [
      { ...filter("from", "Taken in at or after this instant or day.", instant), required: true },
      { ...filter("to", "Taken in before this instant or day.", instant), required: true },
      ofAccount,
      filter("format", "`ndjson` where it is not given.", Schema.Literal("ndjson", "parquet")),
      filter(
        "unmasked",
        "With names, addresses and raw bytes: for a key with the grant `personal` or the scope `operate`.",
        Schema.Literal("true", "false"),
      ),
    ],
    answers: { 200: { description: "The archive.", content: "application/x-tar" } },
    problems: ["bad-parameter", "no-such-account", "conflict"],
  },
];
