/** `tieout keys`: makes, lists, rotates and revokes API keys, on a running server or on the data directory of one that is down. */
import { userInfo } from "node:os";
import { canonical, type Json } from "../../domain/canonical.ts";
import { isScope, scopes } from "../../domain/scopes.ts";
import { type LocalKeyAct, listKeys, performKeyAct } from "../access/key-internal.ts";
import type { Host } from "../host/host.ts";
import { textOf, UsageError } from "./arguments.ts";
import { postJson, withData } from "./data.ts";
import { Failure } from "./failure.ts";
import { settings } from "./settings.ts";

type Values = Readonly<Record<string, string | boolean | undefined>>;

interface KeyShown {
  readonly id: string;
  readonly name: string;
  readonly owner: string;
  readonly scopes: ReadonlyArray<string>;
  readonly entities: ReadonlyArray<string> | null;
  readonly state: string;
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
  readonly uses: number;
  readonly secret?: string | null;
}

const acts = ["make", "list", "rotate", "revoke"] as const;
const only: Readonly<Record<(typeof acts)[number], ReadonlyArray<string>>> = {
  make: [
    "name",
    "scopes",
    "owner",
    "entities",
    "allow-unknown",
    "personal",
    "expires",
    "rate",
    "approve-up-to",
    "reason",
  ],
  list: [],
  rotate: ["overlap", "reason"],
  revoke: ["reason"],
};
const own = new Set(Object.values(only).flat());

const listOf = (values: Values, name: string): ReadonlyArray<string> | null =>
  textOf(values, name)
    ?.split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "") ?? null;

const wholeOf = (values: Values, name: string): number | null => {
  const text = textOf(values, name);
  if (text === null) return null;
  if (!/^\d{1,12}$/.test(text))
    throw new UsageError(`--${name} is a whole number, and ${JSON.stringify(text)} is none`);
  return Number(text);
};

const limitsOf = (values: Values): Readonly<Record<string, number>> | null => {
  const parts = listOf(values, "approve-up-to");
  if (parts === null) return null;
  return Object.fromEntries(
    parts.map((part) => {
      const [, currency, most] = /^([A-Z]{3}):(\d{1,15})$/.exec(part) ?? [];
      if (currency === undefined || most === undefined)
        throw new UsageError(`--approve-up-to is CURRENCY:MINOR, as USD:100000, and ${JSON.stringify(part)} is not`);
      return [currency, Number(most)];
    }),
  );
};

const instantOf = (values: Values, name: string): number | null => {
  const text = textOf(values, name);
  if (text === null) return null;
  const at = Date.parse(text);
  if (!Number.isFinite(at))
    throw new UsageError(`--${name} is a day or an instant, 2027-01-01 or 2027-01-01T00:00:00Z`);
  return at;
};

const fieldsOf = (values: Values): LocalKeyAct["fields"] => {
  const named = listOf(values, "scopes") ?? [];
  const strange = named.find((word) => !isScope(word));
  if (textOf(values, "name") === null) throw new UsageError("keys make needs --name: what the key is for");
  if (named.length === 0) throw new UsageError(`keys make needs --scopes: one or more of ${scopes.join(", ")}`);
  if (strange !== undefined) throw new UsageError(`--scopes: ${strange} is none of ${scopes.join(", ")}`);
  return {
    name: textOf(values, "name"),
    scopes: named,
    owner: textOf(values, "owner"),
    personal: values["personal"] === true,
    entities: listOf(values, "entities"),
    allowUnknown: values["allow-unknown"] === true,
    approveUpToMinor: limitsOf(values),
    ratePerMinute: wholeOf(values, "rate"),
    expiresAt: instantOf(values, "expires"),
  };
};

const actOf = (values: Values): LocalKeyAct | null => {
  const verb = acts.find((act) => act === textOf(values, "ACT"));
  if (verb === undefined) throw new UsageError(`keys needs one of ${acts.join(", ")}`);
  const strange = Object.keys(values).find((name) => own.has(name) && !only[verb].includes(name));
  if (strange !== undefined) throw new UsageError(`keys ${verb} takes no --${strange}`);
  const id = textOf(values, "ID");
  const needsId = verb === "rotate" || verb === "revoke";
  if (needsId && id === null) throw new UsageError(`keys ${verb} needs the ID of a key; keys list shows them`);
  if (!needsId && id !== null) throw new UsageError(`keys ${verb} takes no ID`);
  if (verb === "list") return null;
  const fields =
    verb === "make" ? fieldsOf(values) : verb === "rotate" ? { overlapSeconds: wholeOf(values, "overlap") } : {};
  const reason = textOf(values, "reason") ?? "by the command line";
  return { verb, id, fields, by: `cli:${userInfo().username}`, reason };
};

export const run = async (values: Values): Promise<number> => {
  const act = actOf(values);
  const config = await settings(values, { PORT: "0" });
  const work = async (host: Pick<Host, "ask" | "accept">): Promise<Json> => {
    if (act === null) return listKeys(host, Date.now);
    const performed = await performKeyAct(host, Date.now, act);
    if (performed.status === "refused") throw new Failure(performed.detail);
    return performed.answer;
  };
  const answer = await withData(config, {
    here: work,
    there: async (owner) =>
      (await (act === null ? owner.ask("GET", "/internal/keys") : postJson(owner, "/internal/keys", act))) as Json,
  });
  if (values["json"] === true) console.log(canonical(answer));
  else
    console.log(
      act === null ? table(answer as unknown as { readonly items: ReadonlyArray<KeyShown> }) : told(act, answer),
    );
  return 0;
};

const told = ({ verb }: LocalKeyAct, answer: Json): string => {
  const key = answer as unknown as Partial<KeyShown> & { readonly todo?: string };
  if (key.id === undefined) return `keys ${verb}: ${key.todo ?? "another person is needed"}`;
  if (verb === "revoke") return `key ${key.id} (${key.name}) is revoked`;
  return `key ${key.id} (${key.name}): ${key.scopes?.join(", ")}\nIts secret is shown this once:\n${key.secret}`;
};

const when = (at: number | null): string => (at === null ? "-" : new Date(at).toISOString().slice(0, 16));

const table = ({ items }: { readonly items: ReadonlyArray<KeyShown> }): string => {
  const head = ["ID", "NAME", "OWNER", "SCOPES", "ENTITIES", "STATE", "EXPIRES", "LAST USED", "USES"];
  const rows = items.map((key) => [
    ...[key.id, key.name, key.owner, key.scopes.join(","), key.entities?.join(",") ?? "all", key.state],
    ...[when(key.expiresAt), when(key.lastUsedAt), String(key.uses)],
  ]);
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
};
