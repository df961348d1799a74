/** How what a document says differs from what it should say: nothing, in place, or by an inverse and a new document. *Pure.* */
import type { DocumentContent, DocumentKind } from "./ports/system.ts";

/** What may change in place; any other difference is an inverse and a new document. */
const mutable: Readonly<Record<DocumentKind, ReadonlySet<string>>> = {
  customer: new Set(["name", "email", "currency"]),
  receivable: new Set(["number"]),
  credit_memo: new Set(["number"]),
  cash_application: new Set(),
  refund: new Set(),
  chargeback: new Set(),
  charge: new Set(),
  crm_subscription: new Set(["account", "status", "startAt", "endAt"]),
  crm_invoice: new Set(["account", "number", "status", "currency", "amountMinor", "paidMinor"]),
};

export const difference = (
  kind: DocumentKind,
  held: DocumentContent,
  wished: DocumentContent,
): "keep" | "update" | "replace" => {
  let same = true;
  for (const content of [held, wished]) {
    for (const field of Object.keys(content)) {
      if (held[field] === wished[field]) continue;
      if (!mutable[kind].has(field)) return "replace";
      same = false;
    }
  }
  return same ? "keep" : "update";
};
