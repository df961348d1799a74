/**
 * What the rated use comes to beyond what earlier batches carried: a line for each key and place whose money changed, always as a
 * difference, never as an edit. Rejected lines were not carried, so they come again. *Pure.*
 */
import type { Agreement } from "../agreement.ts";
import { canonical, type Json } from "../canonical.ts";
import { sha256 } from "../hash.ts";
import { sumMinor } from "../money.ts";
import type { Party } from "../party.ts";
import { add, compare, parse, subtract, toText, zero } from "../rating/rational.ts";
import {
  addTaxes,
  type BatchLine,
  type BatchReason,
  type Billed,
  billedOf,
  chargeIdOf,
  type TaxAmount,
  taxOf,
} from "./billed.ts";
import type { RatedUse } from "./rated.ts";

/** To date: what is rated, or what batches carried. */
interface ToDate extends Billed {
  readonly quantity: string;
  readonly amountMinor: number;
  readonly taxes: ReadonlyArray<TaxAmount>;
  readonly versions: BatchLine["versions"];
  readonly basis: BatchLine["basis"];
}

export interface Carried extends ToDate {
  readonly batch: string;
}

/** By charge, from the lines of batches in their order. */
export const carriedOf = (
  lines: Iterable<{ readonly batch: string; readonly line: BatchLine }>,
): ReadonlyMap<string, Carried> => {
  const all = new Map<string, Carried>();
  for (const { batch, line } of lines) {
    const id = chargeIdOf(line);
    const before = all.get(id);
    const { versions, basis } = line;
    const quantity = toText(add(before === undefined ? zero : parse(before.quantity), parse(line.quantity)));
    const amountMinor = sumMinor([before?.amountMinor ?? 0, line.amountMinor]);
    const taxes = addTaxes(before?.taxes ?? [], line.taxes, 1);
    all.set(id, { ...billedOf(line), quantity, versions, basis, amountMinor, taxes, batch });
  }
  return all;
};

export interface Rated {
  readonly lines: ReadonlyArray<RatedUse>;
  readonly agreements: ReadonlyArray<Agreement>;
  readonly members: ReadonlyArray<Party>;
  /** The legal entity of a connection. */
  readonly entityOf: (connection: string) => string;
}

const priceOf = ({ meters, placements, grants }: Agreement, meter: string): string =>
  sha256(canonical([meters.find((one) => one.meter === meter) ?? null, placements, grants] as unknown as Json)).slice(
    0,
    12,
  );

const correctionsOf = (members: ReadonlyArray<Party>, { meter, usedBy }: Pick<Billed, "meter" | "usedBy">): number => {
  const isOf = (content: { readonly meter: string; readonly entity: string | null }): boolean =>
    content.meter === meter && content.entity === usedBy;
  return members.flatMap(({ uses }) => uses.corrected.corrected).filter(({ was, now }) => isOf(was) || isOf(now))
    .length;
};

/** What an account is rated at, by charge. */
export const presentOf = ({ lines, agreements, members, entityOf }: Rated): ReadonlyMap<string, ToDate> => {
  const byId = new Map(agreements.map((agreement) => [agreement.id, agreement]));
  const all = new Map<string, ToDate>();
  for (const line of lines) {
    const agreement = byId.get(line.agreement)!;
    const { key, party, meter, product, usedBy, currency, period, periodEnd, endsAt, placement } = line;
    const billed: Billed = {
      ...{ key, party, meter, product, usedBy, currency, period, periodEnd, endsAt },
      agreement: agreement.id,
      subscription: agreement.subscription,
      entity: placement.entity ?? entityOf(agreement.connection),
      jurisdiction: placement.jurisdiction,
    };
    const id = chargeIdOf(billed);
    const before = all.get(id);
    const { version, from, quantity, amountMinor } = line;
    all.set(id, {
      ...billed,
      quantity: toText(add(before === undefined ? zero : parse(before.quantity), parse(quantity))),
      amountMinor: sumMinor([before?.amountMinor ?? 0, amountMinor]),
      taxes: addTaxes(before?.taxes ?? [], line.taxes, 1),
      versions: [...(before?.versions ?? []), { version, from, quantity, amountMinor }],
      basis: before?.basis ?? { price: priceOf(agreement, meter), corrections: correctionsOf(members, line) },
    });
  }
  return all;
};

const reasonOf = (now: ToDate, before: Carried | undefined, at: number): BatchReason => {
  if (before === undefined) return "first";
  if (now.basis.price !== before.basis.price) return "amended price";
  const less = compare(parse(now.quantity), parse(before.quantity)) < 0;
  if (less || now.basis.corrections !== before.basis.corrections) return "corrected use";
  return at >= now.endsAt ? "late use" : "more use";
};

/** `at`: journal time of the cut, epoch ms. In order of key and place. */
export const deltasOf = (rated: Rated, carried: ReadonlyMap<string, Carried>, at: number): ReadonlyArray<BatchLine> => {
  const present = presentOf(rated);
  return [...new Set([...present.keys(), ...carried.keys()])]
    .flatMap((id): ReadonlyArray<BatchLine> => {
      const before = carried.get(id);
      // Rated no more: all of it was corrected away, or it is billed elsewhere now.
      const now: ToDate = present.get(id) ?? {
        ...before!,
        quantity: "0",
        amountMinor: 0,
        taxes: [],
        versions: [],
        basis: { ...before!.basis, corrections: correctionsOf(rated.members, before!) },
      };
      const amountMinor = sumMinor([now.amountMinor, -(before?.amountMinor ?? 0)]);
      const taxes = addTaxes(now.taxes, before?.taxes ?? [], -1);
      if (amountMinor === 0 && taxes.length === 0) return [];
      return [
        {
          ...billedOf(now),
          quantity: toText(subtract(parse(now.quantity), before === undefined ? zero : parse(before.quantity))),
          quantityToDate: now.quantity,
          amountMinor,
          ratedToDateMinor: now.amountMinor,
          taxes,
          taxMinor: taxOf(taxes),
          versions: now.versions,
          basis: now.basis,
          corrects: before?.batch ?? null,
          reason: reasonOf(now, before, at),
        },
      ];
    })
    .sort((a, b) => (a.key === b.key ? (chargeIdOf(a) < chargeIdOf(b) ? -1 : 1) : a.key < b.key ? -1 : 1));
};

/** Lines of one batch. */
export const mostLines = 500;

export interface Cut {
  readonly entity: string;
  readonly currency: string;
  /** From 1, of one cut, entity and currency. */
  readonly page: number;
  readonly lines: ReadonlyArray<BatchLine>;
}

/** One legal entity and currency to a batch. */
export const cutsOf = (lines: ReadonlyArray<BatchLine>): ReadonlyArray<Cut> => {
  const groups = new Map<string, BatchLine[]>();
  for (const line of lines) {
    const group = canonical([line.entity, line.currency]);
    const known = groups.get(group);
    if (known) known.push(line);
    else groups.set(group, [line]);
  }
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, own]) =>
      Array.from({ length: Math.ceil(own.length / mostLines) }, (_, index) => ({
        entity: own[0]!.entity,
        currency: own[0]!.currency,
        page: index + 1,
        lines: own.slice(index * mostLines, (index + 1) * mostLines),
      })),
    );
};

/** The same for whoever makes the cut. */
export const batchId = (cut: number, { entity, currency, page }: Pick<Cut, "entity" | "currency" | "page">): string =>
  `batch_${sha256(canonical([cut, entity, currency, page])).slice(0, 20)}`;
