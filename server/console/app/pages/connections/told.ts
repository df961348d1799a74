/** What the routes of connections, mappings and policies answer. *Types alone.* */
import type { Mappings as MappingsSchema, Policies as PoliciesSchema } from "../../../../change/control-operations.ts";
import type { ConnectionItem, ConnectionList } from "../../../../connections/operations.ts";

export type Connections = typeof ConnectionList.Type;
export type Connection = typeof ConnectionItem.Type;
export type MappingList = typeof MappingsSchema.Type;
export type PolicyList = typeof PoliciesSchema.Type;

/** What would be different under another policy. */
export interface WhatIf {
  readonly policy: { readonly before: string; readonly after: string };
  readonly compared: number;
  readonly differ: number;
  readonly complete: boolean;
  readonly totals: {
    readonly regions: Readonly<Record<string, number>>;
    readonly commands: { readonly new: number; readonly gone: number; readonly changed: number };
    readonly inverses: number;
    readonly moneyMinor: Readonly<Record<string, Readonly<Record<string, number>>>>;
    readonly exceptions: { readonly opened: number; readonly closed: number };
  };
  readonly accounts: ReadonlyArray<{
    readonly account: string;
    readonly regions: Readonly<Record<string, { readonly before: string | null; readonly after: string | null }>>;
    readonly commands: ReadonlyArray<{
      readonly change: "new" | "gone" | "changed";
      readonly before: { readonly row: string; readonly target: string; readonly source: string } | null;
      readonly after: { readonly row: string; readonly target: string; readonly source: string } | null;
    }>;
    readonly exceptionsOpened: ReadonlyArray<string>;
    readonly exceptionsClosed: ReadonlyArray<string>;
  }>;
}
