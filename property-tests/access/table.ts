/** Every route by every kind of caller, by really asking: `node --import tsx property-tests/access/table.ts` writes docs/access.md. */
import { writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Operation } from "../../server/openapi/operation.ts";
import { operations } from "../../server/openapi/operations.ts";
import { type Company, firstKey, within } from "./company.ts";
import type { CallerSaid, Verdict } from "./oracle.ts";

export interface Column extends CallerSaid {
  readonly name: string;
  readonly key: string | null;
}

export interface Row {
  readonly operation: Operation;
  readonly verdicts: Readonly<Record<string, Verdict | string>>;
}

const shut = { let: false, scopes: [], limited: false } as const;
const open = (...scopes: ReadonlyArray<string>) => ({ let: true, scopes, limited: false });

/** One key of every kind, in every state. */
export const columnsOf = async ({ make, act, issuer }: Company): Promise<ReadonlyArray<Column>> => {
  const admin = async (path: string, body: object) => (await act(path, firstKey, { reason: "table", ...body })).body;
  const secretOf = async (name: string, scopes: ReadonlyArray<string>, more?: object): Promise<string> =>
    (await make(name, scopes, more)).secret;
  const expiresAt = Date.now() + 400;
  const expired = await secretOf("expired", ["read", "operate", "approve", "admin"], {
    expiresAt: new Date(expiresAt).toISOString(),
  });
  const revoked = await make("revoked", ["read", "operate", "approve", "admin"]);
  await admin(`/v1/keys/${revoked.id}/revoke`, {});
  const rotated = await make("rotated", ["operate"]);
  const rotatedNow = await make("rotated now", ["operate"]);
  await admin(`/v1/keys/${rotated.id}/rotate`, { overlapSeconds: 3600 });
  await admin(`/v1/keys/${rotatedNow.id}/rotate`, { overlapSeconds: 0 });
  const all = ["read", "operate", "approve", "admin"];
  const columns: ReadonlyArray<Column> = [
    { name: "none", key: null, ...shut },
    { name: "wrong", key: `tieout_aaaaaaaaaaaa_${"A".repeat(43)}`, ...shut },
    { name: "expired", key: expired, ...shut },
    { name: "revoked", key: revoked.secret, ...shut },
    { name: "replaced", key: rotatedNow.secret, ...shut },
    { name: "old secret in its overlap (operate)", key: rotated.secret, ...open("operate") },
    { name: "first key", key: firstKey, ...open(...all) },
    { name: "read", key: await secretOf("r", ["read"]), ...open("read") },
    { name: "operate", key: await secretOf("o", ["operate"]), ...open("operate") },
    { name: "approve", key: await secretOf("a", ["approve"]), ...open("approve") },
    { name: "admin", key: await secretOf("m", ["admin"]), ...open("admin") },
    { name: "operate, approve", key: await secretOf("oa", ["operate", "approve"]), ...open("operate", "approve") },
    { name: "all, one entity", key: await secretOf("eu", all, { entities: ["eu"] }), ...open(...all), limited: true },
    {
      name: "token: read",
      key: await issuer.token({ entities: null, scope: "tieout:read" }),
      ...open("read"),
      limited: true,
    },
    { name: "token: no scope of ours", key: await issuer.token({ scope: "read admin" }), ...open(), limited: true },
    { name: "token: expired", key: await issuer.token({ exp: 1_600_000_000, scope: "tieout:admin" }), ...shut },
    { name: "token: stranger's", key: await issuer.token({ scope: "tieout:admin" }, { stranger: true }), ...shut },
  ];
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, expiresAt + 20 - Date.now())));
  return columns;
};

/** Refusals come before the body, so that an empty one will do: what is let in is then wrong in some other way, and does nothing. */
const verdictOf = async (
  { ask }: Company,
  { method, path, access }: Operation,
  key: string | null,
): Promise<string> => {
  const address = path.replaceAll(/\{\w+\}/g, "stripe-eu:nobody");
  const body = method === "get" ? {} : { body: "{}", headers: { "content-type": "application/json" } };
  const asking = () => ask(address, key, { method: method.toUpperCase(), ...body });
  // A connection whose body was refused unread may be closed under the next request: such a one is sent again, as every client does.
  const { status } = await asking().catch(asking);
  // A vendor's signature is not a key, and its refusal not the guard's.
  if (access === "signature") return "in";
  return status === 401 || status === 403 ? String(status) : "in";
};

export interface Table {
  readonly columns: ReadonlyArray<Column>;
  readonly rows: ReadonlyArray<Row>;
  /** Notes of acts that were not about keys: there are to be none. */
  readonly acts: number;
  readonly answers: ReadonlyArray<string>;
}

export const table = (): Promise<Table> =>
  within(async (company) => {
    const columns = await columnsOf(company);
    const before = await actsOf(company);
    const rows: Row[] = [];
    for (const operation of operations) {
      const verdicts: Record<string, string> = {};
      await Promise.all(
        columns.map(async ({ name, key }) => {
          verdicts[name] = await verdictOf(company, operation, key);
        }),
      );
      rows.push({ operation, verdicts });
    }
    return { columns, rows, acts: (await actsOf(company)) - before, answers: company.answers };
  });

/** Entries of the journal that say something else than that a key is used. */
const actsOf = async ({ server }: Company): Promise<number> => {
  const { head } = (await server.host.ask({ name: "health" })) as { readonly head: number };
  const keys = (await server.host.ask({ name: "keys" })) as ReadonlyArray<{ readonly use: unknown }>;
  return head - keys.filter(({ use }) => use !== null).length;
};

export const document = ({ columns, rows }: Pick<Table, "columns" | "rows">): string => {
  const line = (cells: ReadonlyArray<string>): string => `| ${cells.join(" | ")} |`;
  const shown = [...rows].sort((a, b) => (a.operation.path < b.operation.path ? -1 : 1));
  return `${[
    "# Who may ask for what",
    "",
    "Made by asking a real server for every route with a key of every kind: `node --import tsx property-tests/access/table.ts` writes it, a test holds it against",
    "an independent oracle. `in`: let in (what then happens depends on what is asked for). What the scopes mean: [security.md](security.md).",
    "",
    line(["route", "needs", ...columns.map(({ name }) => name)]),
    line(["---", "---", ...columns.map(() => "---")]),
    ...shown.map(({ operation: { method, path, access }, verdicts }) =>
      line([`\`${method.toUpperCase()} ${path}\``, access, ...columns.map(({ name }) => verdicts[name] ?? "")]),
    ),
  ].join("\n")}\n`;
};

export const documentPath = fileURLToPath(new URL("../../docs/access.md", import.meta.url));

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href)
  writeFileSync(documentPath, document(await table()));
