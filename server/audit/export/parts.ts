/** The parts of an export, one after the other, whoever takes them: first the entries, then the links, then the figures. */
import type { Json } from "../../../domain/canonical.ts";
import type { ChainLink } from "../../../domain/ports/store.ts";
import type { Query } from "../../host/host.ts";
import type { Reported } from "../../periods/views.ts";
import { type Encoded, encodePart, type Format, hashOf, type Part } from "./files.ts";
import type { ExportPage } from "./page.ts";
import { figureRows, linkRow, type Row, type Rows, rowsOf, type TableName, tables } from "./tables.ts";

export interface Asked {
  /** Taken in from the one instant to before the other; epoch milliseconds. */
  readonly from: number;
  readonly to: number;
  readonly account: string | null;
  readonly format: Format;
  readonly unmasked: boolean;
}

export const manifestForm = "tieout-export/1";
export const manifestFile = "manifest.json";

export interface Manifest {
  readonly form: typeof manifestForm;
  /** The version of tieout that made it. */
  readonly tieout: string;
  readonly asked: Asked;
  /** The end of the journal when the export began; `links` lead from the first exported entry to it. */
  readonly head: { readonly position: number; readonly hash: string } | null;
  readonly counts: Readonly<Record<TableName, number>>;
  readonly files: ReadonlyArray<Part>;
}

/** How far an export has come: from here it can go on. */
export interface Place {
  readonly head: Manifest["head"];
  /** Entries up to here are in `files`; then the links up to `linked`; then the figures. */
  readonly after: number;
  readonly first: number | null;
  readonly linked: number | null;
  /** The figures are in `files` as well. */
  readonly figured: boolean;
  readonly files: ReadonlyArray<Part>;
}

/** Parts that were made together, and the place behind them. */
export interface Step {
  readonly made: ReadonlyArray<Encoded>;
  readonly place: Place;
}

/** What a part may hold before it is made. */
export interface PartLimits {
  readonly rows: number;
  readonly bytes: number;
}
const usualLimits: PartLimits = { rows: 5000, bytes: 16 * 1024 * 1024 };

/** What is asked for is not there. */
export class NothingThere extends Error {}

export type Ask = (query: Query) => Promise<Json>;

class Buffers {
  private rows = new Map<TableName, Row[]>();
  private size = 0;
  private count = 0;

  add({ table, row }: Rows): void {
    const held = this.rows.get(table) ?? [];
    this.rows.set(table, held);
    held.push(row);
    this.count += 1;
    for (const cell of row) this.size += typeof cell === "string" ? cell.length : 8;
  }

  isFull({ rows, bytes }: PartLimits): boolean {
    return this.count >= rows || this.size >= bytes;
  }

  /** Everything that is held, as parts behind those there are. */
  flush(format: Format, before: ReadonlyArray<Part>): ReadonlyArray<Encoded> {
    const made = [...this.rows].map(([table, rows]) => {
      const number = before.filter((part) => part.table === table).length + 1;
      return encodePart(table, number, format, rows);
    });
    this.rows = new Map();
    this.size = this.count = 0;
    return made;
  }
}

export const beginning = async (ask: Ask): Promise<Place> => {
  const { position, hash } = (await ask({ name: "auditHead" })) as { readonly position: number; readonly hash: string };
  const head = position === 0 ? null : { position, hash };
  return { head, after: 0, first: null, linked: null, figured: false, files: [] };
};

export interface PartsOptions {
  readonly limits?: PartLimits;
  readonly progress?: (done: number, of: number) => void;
}

/** From `begin` on; the place of the last step has every file. */
export async function* partsOf(
  asked: Asked,
  ask: Ask,
  begin: Place,
  { limits = usualLimits, progress = () => {} }: PartsOptions = {},
): AsyncGenerator<Step, void, void> {
  const { from, to, account, format, unmasked } = asked;
  const through = begin.head?.position ?? 0;
  const buffers = new Buffers();
  let place = begin;
  const step = (change: Partial<Place>): Step => {
    const made = buffers.flush(format, place.files);
    place = { ...place, ...change, files: [...place.files, ...made.map(({ part }) => part)] };
    return { made, place };
  };

  let { after, first } = place;
  while (after < through) {
    const query: Query = { name: "exportPage", from, to, account, after, through, unmasked };
    const page = (await ask(query)) as ExportPage | null;
    if (page === null) throw new NothingThere(`no account, party or object is known as ${JSON.stringify(account)}`);
    for (const item of page.items) {
      first ??= item.entry.position;
      for (const row of rowsOf(item)) buffers.add(row);
    }
    after = page.after;
    progress(after, through);
    if (buffers.isFull(limits)) yield step({ after, first });
  }
  yield step({ after, first });

  let linked = place.linked ?? (first === null ? through : first - 1);
  while (linked < through) {
    const links = (await ask({ name: "chainLinks", after: linked, through })) as unknown as ReadonlyArray<ChainLink>;
    if (links.length === 0) break;
    for (const link of links) buffers.add(linkRow(link));
    linked = links.at(-1)!.last;
    yield step({ linked });
  }

  if (place.figured) return;
  for (const row of await figures(asked, ask)) buffers.add(row);
  yield step({ figured: true });
}

/** The manifest's bytes: they come last, and whoever notes their hash outside has noted everything. */
export const manifestOf = (asked: Asked, { head, files }: Place, tieout: string) => {
  const counts = Object.fromEntries(
    Object.keys(tables).map((table) => [
      table,
      files.filter((part) => part.table === table).reduce((sum, { rows }) => sum + rows, 0),
    ]),
  ) as Manifest["counts"];
  const manifest: Manifest = { form: manifestForm, tieout, asked, head, counts, files };
  const bytes = new TextEncoder().encode(`${JSON.stringify(manifest, null, 2)}\n`);
  return { manifest, bytes, sha256: hashOf(bytes) };
};

/** Of every period that was closed and that the range touches. */
const figures = async ({ from, to, account }: Asked, ask: Ask): Promise<ReadonlyArray<Rows>> => {
  const { items } = (await ask({ name: "periods", entity: null })) as {
    readonly items: ReadonlyArray<{ entity: string; period: string; from: number; until: number; state: string }>;
  };
  const id = account === null ? null : await accountOf(account, ask);
  const found: Rows[] = [];
  for (const { entity, period, from: start, until, state } of items) {
    if (state !== "closed" || until <= from || to <= start) continue;
    const reported = (await ask({ name: "periodReport", entity, period })) as unknown as Reported;
    if ("text" in reported) found.push(...figureRows(reported.text, reported.sha256, id));
  }
  return found;
};

const accountOf = async (account: string, ask: Ask): Promise<string> =>
  ((await ask({ name: "account", id: account })) as { readonly id: string } | null)?.id ?? account;
