/** Which side of the ledger a document of ours counts on. *Pure.* */
import type { DocumentKind } from "./ports/system.ts";

/** `charge`: what is to be billed, and is owed by nobody yet. */
export type Side = "receivable" | "cash" | "charge";

/** Signed by ledger side: what the documents of this kind add to it. */
export const signOf = (kind: DocumentKind): { readonly side: Side; readonly sign: 1 | -1 } | null => {
  switch (kind) {
    case "customer":
    case "crm_subscription":
    case "crm_invoice":
      return null;
    case "receivable":
      return { side: "receivable", sign: 1 };
    case "credit_memo":
      return { side: "receivable", sign: -1 };
    case "cash_application":
      return { side: "cash", sign: 1 };
    case "charge":
      return { side: "charge", sign: 1 };
    case "refund":
    case "chargeback":
      return { side: "cash", sign: -1 };
  }
};
