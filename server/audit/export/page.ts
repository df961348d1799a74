/** What an export asks the engine for, page by page, so that neither side ever holds more than a page. */
import * as Effect from "effect/Effect";
import type { Json } from "../../../domain/canonical.ts";
import type { ChainLink, Entry, StoreError } from "../../../domain/ports/store.ts";
import { maskFor } from "../../access/mask.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Query } from "../../host/host.ts";
import { resolve } from "../../views/find.ts";
import { concerns } from "../../views/timeline.ts";

/** Entries looked at for one page, and bytes of raw in one. */
const page = 512;
const mostBytes = 4 * 1024 * 1024;

export interface Exported {
  readonly entry: Entry;
  /** Base64; null: there are none, or they are left out. */
  readonly raw: string | null;
  readonly hash: string | null;
}

export interface ExportPage {
  readonly items: ReadonlyArray<Exported>;
  /** Everything up to here was looked at. */
  readonly after: number;
}

/** Whoever may see nothing personal. */
const nobody = { scopes: [], personal: false };

/** Null: there is no such account. */
export const exportPage = (
  engine: Engine,
  query: Extract<Query, { readonly name: "exportPage" }>,
): Effect.Effect<Json, StoreError> =>
  Effect.gen(function* () {
    const { journal, core } = engine;
    const { from, to, account, after, through, unmasked } = query;
    const party = account === null ? null : yield* resolve(engine, account);
    if (account !== null && party === null) return null;
    const parties =
      party === null ? null : core.account(party).members.flatMap((member) => core.parties.get(member) ?? []);
    const mask = maskFor(nobody);
    const entries = (yield* journal.read(after, Math.min(page, through - after))).filter(
      ({ position }) => position <= through,
    );
    const items: Exported[] = [];
    let link: ChainLink | null = null;
    let bytes = 0;
    let seen = after;
    for (const entry of entries) {
      if (bytes > mostBytes) break;
      seen = entry.position;
      if (entry.at < from || entry.at >= to) continue;
      if (parties !== null && !concerns(entry, parties)) continue;
      if (link === null || entry.position < link.first || entry.position > link.last)
        link = yield* journal.link(entry.position);
      const raw = unmasked ? yield* journal.raw(entry.position) : null;
      bytes += raw?.byteLength ?? 0;
      const { events, note, ...rest } = entry;
      const shown = unmasked
        ? entry
        : ({
            ...rest,
            events: mask(events as unknown as Json),
            note: mask(note),
          } as unknown as Entry);
      items.push({
        entry: shown,
        raw: raw === null ? null : Buffer.from(raw).toString("base64"),
        hash: link?.hash ?? null,
      });
    }
    const whole: ExportPage = { items, after: entries.length === 0 ? through : seen };
    return whole as unknown as Json;
  });

const mostLinks = 2000;

/** In order, so many at a time; none: the last was given. */
export const chainLinks = (
  { journal }: Engine,
  { after, through }: Extract<Query, { readonly name: "chainLinks" }>,
): Effect.Effect<Json, StoreError> =>
  Effect.gen(function* () {
    const links: ChainLink[] = [];
    for (let at = after + 1; at <= through && links.length < mostLinks; ) {
      const link = yield* journal.link(at);
      if (link === null) break;
      links.push(link);
      at = link.last + 1;
    }
    return links as unknown as Json;
  });
