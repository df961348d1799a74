/** Whether the reports that were kept at a close are what the journal says: computed again at each cut while it is folded. */
import * as Effect from "effect/Effect";
import { type PeriodNotes, period, periodRecord } from "../../domain/controls/period.ts";
import { sha256 } from "../../domain/hash.ts";
import type { Entry, Finding, Journal, StoreError } from "../../domain/ports/store.ts";
import type { Core } from "../engine/core.ts";
import { Keeper } from "../reports/keeper.ts";
import { Books } from "./books.ts";
import { closingOf } from "./keep.ts";
import { reportOf, reportVersion } from "./report.ts";

interface Due {
  readonly where: string;
  readonly position: number;
  readonly sha256: string;
  readonly computed: string | null;
}

export class ReportCheck {
  private readonly books = new Books();
  private readonly keeper = new Keeper();
  /** By record and cut. */
  private readonly computed = new Map<string, string>();
  private readonly due: Due[] = [];

  step(core: Core, entry: Entry, fold: () => void): void {
    this.books.step(core, entry, fold);
    this.keeper.step(core, entry);
    const note = entry.note as unknown as PeriodNotes | null;
    if (note?.type === "period.closed") {
      const closing = closingOf(core.controls.get(period, periodRecord(note.entity, note.period)));
      if (closing?.cut === entry.position)
        this.computed.set(
          `${closing.entity}/${closing.period} ${closing.cut}`,
          sha256(reportOf(core, this.books, this.keeper, closing)),
        );
    }
    if (note?.type === "period.reported") {
      const { entity, period: month, cut, sha256 } = note;
      const record = core.controls.get(period, periodRecord(entity, month));
      if (record?.closed?.report?.position !== entry.position) return;
      const computed = this.computed.get(`${entity}/${month} ${cut}`) ?? null;
      this.due.push({ where: `the report of ${month} of ${entity}`, position: entry.position, sha256, computed });
    }
  }

  /** Byte for byte, since both hashes are of all bytes. */
  findings(journal: typeof Journal.Service): Effect.Effect<ReadonlyArray<Finding>, StoreError> {
    return Effect.map(
      Effect.forEach(this.due, ({ where, position, sha256: said, computed }) =>
        Effect.map(journal.raw(position), (raw): ReadonlyArray<Finding> => {
          const text = raw === null ? "" : new TextDecoder().decode(raw);
          if (raw === null || sha256(text) !== said)
            return [{ where, what: `its bytes at position ${position} are not those that the entry names` }];
          const version = versionOf(text);
          if (typeof version !== "number" || version > reportVersion)
            return [
              { where, what: `was made by version ${version} of the figures; this tieout computes ${reportVersion}` },
            ];
          if (computed !== said) return [{ where, what: "is not what the journal says at its cut" }];
          return [];
        }),
      ),
      (found) => found.flat(),
    );
  }
}

const versionOf = (text: string): unknown => {
  try {
    return (JSON.parse(text) as { readonly version?: unknown }).version ?? null;
  } catch {
    return null;
  }
};
