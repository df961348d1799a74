/** Which record of an ERP each document of ours is, as postings name it in `recordType`. *Pure.* */
import type { ErpDocument } from "./ports/system.ts";

export const recordTypes = {
  customer: "customer",
  receivable: "invoice",
  credit_memo: "creditMemo",
  cash_application: "customerPayment",
  refund: "customerRefund",
  chargeback: "customerRefund",
  charge: "charge",
} as const satisfies Record<ErpDocument, string>;
