/** The shape of `tieout.config.json`. Keys that it does not know are refused: a misspelt one would be a setting that is not there. */
import * as Either from "effect/Either";
import * as ParseResult from "effect/ParseResult";
import * as Schema from "effect/Schema";
import type { ApprovalRule } from "../../domain/controls/approval.ts";
import { policies } from "../../domain/lifecycle.ts";
import { type AccessConfig, AccessSettings, Approvals, usualAccess } from "./access.ts";
import { type BooksFile, booksFields, booksProblems } from "./books.ts";
import { type DeskFile, deskFields } from "./desk.ts";
import { or } from "./leaf.ts";
import { type ReconciliationFile, reconciliationFields } from "./reconciliation.ts";
import { type UsageFile, usageFields } from "./usage.ts";
import { type FileConnection, vendors } from "./vendors.ts";

export interface FileConfig extends ReconciliationFile, DeskFile, BooksFile, UsageFile {
  readonly access: AccessConfig;
  readonly approvals: ReadonlyArray<ApprovalRule>;
  readonly policy: keyof typeof policies;
  readonly connections: Readonly<Record<string, FileConnection>>;
}

const Outer = Schema.Struct({
  policy: or(Schema.Literal(...(Object.keys(policies) as Array<keyof typeof policies>)), "billing-led"),
  ...booksFields,
  access: or(AccessSettings, usualAccess),
  approvals: Approvals,
  ...deskFields,
  ...reconciliationFields,
  ...usageFields,
  connections: Schema.Record({ key: Schema.String, value: Schema.Unknown }),
});

const namePattern = /^[a-z][a-z0-9-]{0,62}$/;

/** `connections.stripe-eu.api.timeoutMs: …`, one line a mistake. */
const problemsOf = (error: ParseResult.ParseError, prefix: ReadonlyArray<string>): ReadonlyArray<string> => {
  const lines = ParseResult.ArrayFormatter.formatErrorSync(error).map(({ _tag, path, message }) => {
    const where = [...prefix, ...path.map(String)].join(".") || "the file";
    if (_tag === "Unexpected") return `${where}: there is no such setting; take it out or correct its name`;
    if (_tag === "Missing") return `${where}: is missing`;
    return `${where}: ${message.replace(/\s+/g, " ")}`;
  });
  return [...new Set(lines)];
};

const decoder = <A, I>(schema: Schema.Schema<A, I>) =>
  Schema.decodeUnknownEither(schema, { errors: "all", onExcessProperty: "error" });
const readOuter = decoder(Outer);

/** Every mistake at once. */
export const decodeFile = (text: string): Either.Either<FileConfig, ReadonlyArray<string>> => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (failure) {
    return Either.left([`the file is not JSON: ${(failure as Error).message}`]);
  }
  const outer = readOuter(json);
  if (Either.isLeft(outer)) return Either.left(problemsOf(outer.left, []));
  const problems: string[] = [];
  const connections: Record<string, FileConnection> = {};
  for (const [name, value] of Object.entries(outer.right.connections)) {
    const path = ["connections", name];
    if (!namePattern.test(name)) {
      problems.push(`${path.join(".")}: a name has lower-case letters, digits and hyphens, at most 63, a letter first`);
    }
    const vendor = (value as { readonly vendor?: unknown } | null)?.vendor;
    const schema = typeof vendor === "string" && Object.hasOwn(vendors, vendor) ? vendors[vendor as "stripe"] : null;
    if (schema === null) {
      const known = Object.keys(vendors).join(", ");
      problems.push(
        `${path.join(".")}.vendor: ${vendor === undefined ? "is missing" : `no adapter is named ${JSON.stringify(vendor)}`}; one of ${known}`,
      );
      continue;
    }
    const decoded = decoder(schema as Schema.Schema<FileConnection, unknown>)(value);
    if (Either.isLeft(decoded)) problems.push(...problemsOf(decoded.left, path));
    else if (decoded.right.mode !== "observe" && decoded.right.api === null) {
      problems.push(
        `${path.join(".")}.api: is missing, and without it mode "${decoded.right.mode}" has nowhere to send to`,
      );
    } else connections[name] = decoded.right;
  }
  problems.push(...booksProblems(outer.right));
  if (Object.keys(outer.right.connections).length === 0)
    problems.push("connections: there is none, so nothing could come in");
  return problems.length > 0 ? Either.left(problems) : Either.right({ ...outer.right, connections });
};
