/** Parts that are lines of journal entries. *Pure.* */
import type { JournalLine } from "../../accounting/entry.ts";
import { connectionOf } from "../../ids.ts";
import { type BookEntry, explainPathOf } from "../entry.ts";
import type { Part, PartOf } from "./report.ts";

export const ofEntry = (entry: BookEntry): PartOf => ({
  id: entry.id,
  kind: entry.kind,
  date: entry.date,
  period: entry.period,
  explain: entry.about.startsWith("usage/") ? null : explainPathOf(connectionOf(entry.party), entry.about),
});

export const part = (entry: BookEntry, row: Part["row"], column: string, amountMinor: number): Part => ({
  row,
  column,
  amountMinor,
  of: ofEntry(entry),
});

export const scopeOf = ({ entity, currency }: BookEntry) => ({ entity, currency });

export const debitOf = ({ side, amountMinor }: JournalLine): number => (side === "debit" ? amountMinor : -amountMinor);
