/** The tables of an export: their columns, and the rows that an entry of the journal makes in each. *Pure.* */
import { canonical, type Json } from "../../../domain/canonical.ts";
import type { ChainLink } from "../../../domain/ports/store.ts";
import { isAudited } from "../views.ts";
import type { Exported } from "./page.ts";

export type Cell = string | number | boolean | null;
export type Row = ReadonlyArray<Cell>;
export interface Column {
  readonly name: string;
  readonly type: "text" | "whole" | "flag";
}

const text = (name: string): Column => ({ name, type: "text" });
const whole = (name: string): Column => ({ name, type: "whole" });
const flag = (name: string): Column => ({ name, type: "flag" });

/** Times are epoch milliseconds, UTC. Columns named `…Json` hold canonical JSON. */
export const tables = {
  entries: [
    whole("position"),
    whole("at"),
    text("kind"),
    text("connection"),
    text("eventId"),
    text("eventType"),
    text("eventHash"),
    whole("conflictOf"),
    text("noteJson"),
    whole("events"),
    text("rawBase64"),
    text("hash"),
  ],
  events: [
    whole("position"),
    whole("index"),
    text("id"),
    text("source"),
    text("type"),
    text("subject"),
    whole("time"),
    text("owner"),
    flag("read"),
    text("externalId"),
    text("dataJson"),
    text("eventJson"),
  ],
  commands: [
    whole("position"),
    whole("at"),
    text("what"),
    text("party"),
    text("slot"),
    text("key"),
    text("verb"),
    text("document"),
    text("target"),
    text("source"),
    text("outsideId"),
    text("entity"),
    text("period"),
    whole("effectiveAt"),
    text("currency"),
    whole("amountMinor"),
    text("foreignId"),
    text("detail"),
    text("noteJson"),
  ],
  acts: [
    whole("position"),
    whole("at"),
    text("by"),
    text("type"),
    text("reason"),
    text("party"),
    text("act"),
    flag("stands"),
    text("noteJson"),
    text("hash"),
  ],
  figures: [
    text("entity"),
    text("period"),
    whole("cut"),
    text("account"),
    text("currency"),
    whole("invoices"),
    whole("invoicedMinor"),
    whole("settledMinor"),
    whole("creditsMinor"),
    whole("openMinor"),
    whole("receivablePostedMinor"),
    whole("cashPostedMinor"),
    whole("cashReceivedMinor"),
    whole("cashReturnedMinor"),
    text("reportSha256"),
  ],
  links: [whole("first"), whole("last"), text("previous"), text("hash")],
} as const satisfies Readonly<Record<string, ReadonlyArray<Column>>>;

export type TableName = keyof typeof tables;
export type Rows = { readonly table: TableName; readonly row: Row };

type Fields = Readonly<Record<string, Json | undefined>>;
const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});
const textOf = (value: Json | undefined): string | null => (typeof value === "string" ? value : null);
const wholeOf = (value: Json | undefined): number | null => (Number.isSafeInteger(value) ? (value as number) : null);

export const rowsOf = ({ entry, raw, hash }: Exported): ReadonlyArray<Rows> => {
  const { position, at, kind, connection, dedup, conflictOf, note, events } = entry;
  const noteJson = note === null ? null : canonical(note);
  const said = fieldsOf(note);
  const rows: Rows[] = [
    {
      table: "entries",
      row: [
        position,
        at,
        kind,
        connection,
        dedup?.id ?? null,
        dedup?.type ?? null,
        dedup?.hash ?? null,
        conflictOf,
        noteJson,
        events.length,
        raw,
        hash,
      ],
    },
  ];
  events.forEach((event, index) => {
    const { id, source, type, subject, time, owner, read, externalId, data } = event;
    const both = [canonical(data as unknown as Json), canonical(event as unknown as Json)];
    rows.push({
      table: "events",
      row: [position, index, id, source, type, subject, time, owner, read, externalId, ...both],
    });
  });
  if ((kind === "command" || kind === "decision") && "slot" in said) {
    const command = fieldsOf(said["command"]);
    const booking = fieldsOf(command["booking"]);
    const content = fieldsOf(command["content"]);
    const receipt = fieldsOf(said["receipt"]);
    rows.push({
      table: "commands",
      row: [
        position,
        at,
        textOf(said["type"]),
        textOf(said["party"]),
        textOf(said["slot"]),
        textOf(command["key"] ?? said["key"]),
        textOf(command["verb"]),
        textOf(command["kind"]),
        textOf(command["target"]),
        textOf(command["source"]),
        textOf(command["outsideId"] ?? said["outsideId"]),
        textOf(booking["entity"] ?? said["entity"]),
        textOf(booking["period"] ?? said["period"]),
        wholeOf(booking["effectiveAt"] ?? said["effectiveAt"]),
        textOf(content["currency"]),
        wholeOf(content["amountMinor"]),
        textOf(receipt["foreignId"] ?? said["foreignId"]),
        textOf(said["detail"] ?? said["reason"]),
        noteJson,
      ],
    });
  }
  if (isAudited(entry))
    rows.push({
      table: "acts",
      row: [
        position,
        at,
        textOf(said["by"]),
        textOf(said["type"]),
        textOf(said["reason"]),
        textOf(said["party"]),
        dedup?.id ?? null,
        kind !== "operator" || conflictOf === null,
        noteJson,
        hash,
      ],
    });
  return rows;
};

export const linkRow = ({ first, last, previous, hash }: ChainLink): Rows => ({
  table: "links",
  row: [first, last, previous, hash],
});

/** One for each account and currency of a kept report. `account`: only of this one. */
export const figureRows = (report: string, sha256: string, account: string | null): ReadonlyArray<Rows> => {
  const { entity, period, cut, accounts } = JSON.parse(report) as {
    readonly entity: string;
    readonly period: string;
    readonly cut: number;
    readonly accounts: ReadonlyArray<Readonly<Record<string, string | number>>>;
  };
  return accounts
    .filter((row) => account === null || row["account"] === account)
    .map((row) => ({
      table: "figures",
      row: tables.figures.map(({ name }): Cell => {
        if (name === "entity") return entity;
        if (name === "period") return period;
        if (name === "cut") return cut;
        return name === "reportSha256" ? sha256 : row[name]!;
      }),
    }));
};
