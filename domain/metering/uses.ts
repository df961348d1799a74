/**
 * Everything that a party used: totals by contract, meter, entity and quarter of an hour, and the few uses that were corrected. An
 * event counts once, by its id, which the journal sees to; the order of arrival does not matter. *Pure* but for its own maps.
 */
import { canonical, type Json } from "../canonical.ts";
import type { UseData } from "../use.ts";
import {
  type Bucket,
  bucketOf,
  contentOf,
  copyOf,
  count,
  emptyBucket,
  isEmpty,
  quarterMs,
  quarterOf,
  type StoredBucket,
  stored,
  type UseContent,
} from "./bucket.ts";
import { type Correction, type Standing, standingOf } from "./corrections.ts";
import type { UsageIdle } from "./note.ts";

/** The customer of uses that name none: they are counted, and wait for somebody to say whose they are. */
export const nobody = "?";

const dayMs = 86_400_000;

/** One meter of one contract and entity: as the uses themselves name them. */
export interface Series {
  readonly meter: string;
  /** `connection:sub_1` or `terms/…`; null: none was named. */
  readonly contract: string | null;
  readonly entity: string | null;
}

/** By start of the quarter, epoch ms. */
type Quarters = Map<number, Bucket>;

const keyOf = ({ meter, contract, entity }: Series): string => `${meter}|${contract ?? ""}|${entity ?? ""}`;
const seriesOf = (key: string): Series => {
  const [meter, contract, entity] = key.split("|") as [string, string, string];
  return { meter, contract: contract === "" ? null : contract, entity: entity === "" ? null : entity };
};

const useCell = "use/";
const correctionsCell = "use-corrections";
const idleCell = "use-idle";
export const isUseCell = (name: string): boolean =>
  name.startsWith(useCell) || name === correctionsCell || name === idleCell;

export class Uses {
  private readonly series = new Map<string, Quarters>();
  private readonly corrections = new Map<string, Correction[]>();
  private readonly originals = new Map<string, UseContent>();
  /** Ids of uses that correct another: they were never counted themselves. */
  private readonly correcting = new Set<string>();
  private standing: Standing | null = null;
  private overlay: ReadonlyMap<string, Quarters> | null = null;
  /** Grows with every change. */
  version = 0;
  /** Corrected ids whose own content was not looked for yet; no part of the state. */
  private readonly sought = new Set<string>();

  /** Agreement and meter → instants in periods without use. */
  private readonly idle = new Map<string, ReadonlySet<number>>();

  get isEmpty(): boolean {
    return this.series.size === 0 && this.corrections.size === 0 && this.idle.size === 0;
  }

  /** A period of an agreement of this party went by without use. */
  passed({ agreement, meter, at }: UsageIdle): ReadonlyArray<string> {
    const key = `${agreement}|${meter}`;
    const known = this.idle.get(key) ?? new Set();
    if (known.has(at)) return [];
    this.idle.set(key, new Set([...known, at].sort((a, b) => a - b)));
    this.version += 1;
    return [idleCell];
  }

  /** In order of time. Epoch ms. */
  idleAt(agreement: string, meter: string): ReadonlyArray<number> {
    return [...(this.idle.get(`${agreement}|${meter}`) ?? [])];
  }

  /** Names of the cells that changed. `again`: the same id was counted before, with other content. */
  take(id: string, data: UseData, atMs: number, again: boolean): ReadonlyArray<string> {
    const content = contentOf(data, atMs);
    this.version += 1;
    if (data.corrects !== undefined || again) {
      const corrects = data.corrects ?? id;
      const all = this.corrections.get(corrects) ?? [];
      all.push({ id, content, at: data.correctedAt ?? null });
      this.corrections.set(corrects, all);
      if (data.corrects !== undefined) this.correcting.add(id);
      if (!this.originals.has(corrects)) this.sought.add(corrects);
      this.forget();
      return [correctionsCell];
    }
    const cells = [this.add(id, content)];
    if (this.corrections.has(id)) cells.push(...this.found(id, content));
    return cells;
  }

  /** What a corrected use said when it was counted. The first answer stands: a use does not change. */
  found(id: string, content: UseContent): ReadonlyArray<string> {
    if (this.originals.has(id) || !this.corrections.has(id) || this.correcting.has(id)) return [];
    this.originals.set(id, content);
    this.version += 1;
    this.forget();
    return [correctionsCell];
  }

  get seeks(): boolean {
    return this.sought.size > 0;
  }
  takeSought(): ReadonlyArray<string> {
    const ids = [...this.sought].filter((id) => !this.originals.has(id) && !this.correcting.has(id)).sort();
    this.sought.clear();
    return ids;
  }

  private forget(): void {
    this.standing = null;
    this.overlay = null;
  }

  private add(id: string, content: UseContent): string {
    const key = keyOf(content);
    const quarters = this.series.get(key) ?? new Map<number, Bucket>();
    this.series.set(key, quarters);
    const at = quarterOf(content.atMs);
    const bucket = quarters.get(at) ?? emptyBucket();
    quarters.set(at, bucket);
    count(bucket, id, content, 1);
    this.overlay = null;
    return `${useCell}${key}|${Math.floor(at / dayMs)}`;
  }

  /** What the corrections come to. */
  get corrected(): Standing {
    this.standing ??= standingOf(this.corrections, this.originals);
    return this.standing;
  }

  /** Quarters that a correction changed, as they stand now. */
  private get changed(): ReadonlyMap<string, Quarters> {
    if (this.overlay !== null) return this.overlay;
    const overlay = new Map<string, Quarters>();
    const edit = (id: string, content: UseContent, by: 1 | -1): void => {
      const [key, at] = [keyOf(content), quarterOf(content.atMs)];
      const quarters = overlay.get(key) ?? new Map<number, Bucket>();
      overlay.set(key, quarters);
      const base = this.series.get(key)?.get(at);
      const bucket = quarters.get(at) ?? (base === undefined ? emptyBucket() : copyOf(base));
      quarters.set(at, bucket);
      count(bucket, id, content, by);
    };
    for (const { id, was, now } of this.corrected.corrected) {
      edit(id, was, -1);
      edit(id, now, 1);
    }
    this.overlay = overlay;
    return overlay;
  }

  /** Every series, by name, with its quarters in order of time; corrections are in them. */
  get all(): ReadonlyArray<Series & { readonly quarters: ReadonlyArray<readonly [fromMs: number, Bucket]> }> {
    const changed = this.changed;
    return [...new Set([...this.series.keys(), ...changed.keys()])].sort().flatMap((key) => {
      const quarters = [...new Map([...(this.series.get(key) ?? []), ...(changed.get(key) ?? [])])]
        .filter(([, bucket]) => !isEmpty(bucket))
        .sort(([a], [b]) => a - b);
      return quarters.length === 0 ? [] : [{ ...seriesOf(key), quarters }];
    });
  }

  // ---------------------------------------------------------------- cells

  cell(name: string): string | null {
    if (name === correctionsCell) {
      if (this.corrections.size === 0) return null;
      const all = Object.fromEntries(
        [...this.corrections].map(([id, list]) => [
          id,
          [...list].sort((a, b) => (canonical(a as unknown as Json) < canonical(b as unknown as Json) ? -1 : 1)),
        ]),
      );
      return canonical({ corrections: all, originals: Object.fromEntries(this.originals) } as unknown as Json);
    }
    if (name === idleCell)
      return this.idle.size === 0
        ? null
        : canonical(Object.fromEntries([...this.idle].map(([key, at]) => [key, [...at]])));
    const cut = name.lastIndexOf("|");
    const day = Number(name.slice(cut + 1));
    const quarters = this.series.get(name.slice(useCell.length, cut));
    const found: Record<string, StoredBucket> = {};
    if (quarters !== undefined)
      for (let index = 0; index < dayMs / quarterMs; index++) {
        const bucket = quarters.get(day * dayMs + index * quarterMs);
        if (bucket !== undefined) found[index] = stored(bucket);
      }
    return Object.keys(found).length === 0 ? null : canonical(found as unknown as Json);
  }

  get cellNames(): ReadonlyArray<string> {
    const names = [...this.series].flatMap(([key, quarters]) =>
      [...new Set([...quarters.keys()].map((at) => Math.floor(at / dayMs)))].map((day) => `${useCell}${key}|${day}`),
    );
    if (this.corrections.size > 0) names.push(correctionsCell);
    if (this.idle.size > 0) names.push(idleCell);
    return names;
  }

  restore(name: string, body: string): void {
    if (name === correctionsCell) {
      const { corrections, originals } = JSON.parse(body) as {
        readonly corrections: Readonly<Record<string, Correction[]>>;
        readonly originals: Readonly<Record<string, UseContent>>;
      };
      for (const [id, list] of Object.entries(corrections)) {
        this.corrections.set(id, list);
        for (const one of list) if (one.id !== id) this.correcting.add(one.id);
      }
      for (const [id, content] of Object.entries(originals)) this.originals.set(id, content);
      for (const id of this.corrections.keys()) if (!this.originals.has(id)) this.sought.add(id);
      return;
    }
    if (name === idleCell) {
      for (const [key, at] of Object.entries(JSON.parse(body) as Readonly<Record<string, number[]>>))
        this.idle.set(key, new Set(at));
      return;
    }
    const cut = name.lastIndexOf("|");
    const [key, day] = [name.slice(useCell.length, cut), Number(name.slice(cut + 1))];
    const quarters = this.series.get(key) ?? new Map<number, Bucket>();
    this.series.set(key, quarters);
    for (const [index, bucket] of Object.entries(JSON.parse(body) as Readonly<Record<string, StoredBucket>>))
      quarters.set(day * dayMs + Number(index) * quarterMs, bucketOf(bucket));
  }
}
