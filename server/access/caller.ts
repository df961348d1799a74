/** Who asks: what every route knows of its caller, once the guard has let it in. */
import type { Context } from "hono";
import type { KeyGrant } from "../../domain/controls/key.ts";
import { allows } from "../../domain/scopes.ts";
import type { Sight } from "../host/host.ts";
import type { Operation } from "../openapi/operation.ts";

/** What it may do is as of a key. */
export interface Caller
  extends Pick<KeyGrant, "scopes" | "personal" | "entities" | "approveUpToMinor" | "ratePerMinute"> {
  readonly kind: "anonymous" | "sandbox" | "first-key" | "key" | "oidc";
  /** In acts and in the log. */
  readonly by: string;
  /** Two callers of one person are one person. */
  readonly person: string;
  /** What the engine may show of. */
  readonly sight: Sight | null;
}

export const nobody: Caller = {
  kind: "anonymous",
  by: "nobody",
  person: "nobody",
  scopes: [],
  personal: false,
  entities: [],
  approveUpToMinor: {},
  ratePerMinute: null,
  sight: { connections: [], personal: false },
};

export const seesPersonal = ({ scopes, personal }: Pick<Caller, "scopes" | "personal">): boolean =>
  personal || allows(scopes, "operate");

const slot = "tieout.caller";
const operationSlot = "tieout.operation";

export const setCaller = (c: Context, caller: Caller, operation: Operation): void => {
  c.set(slot, caller);
  c.set(operationSlot, operation);
};

/** What is asked for; as `callerOf`. */
export const operationOf = (c: Context): Operation => {
  const operation = c.get(operationSlot) as Operation | undefined;
  if (operation === undefined) throw new Error("a route asked for its operation outside the guard");
  return operation;
};

/** Throws where the guard was not passed: a route that it does not know serves nobody. */
export const callerOf = (c: Context): Caller => {
  const caller = c.get(slot) as Caller | undefined;
  if (caller === undefined) throw new Error("a route asked for its caller outside the guard");
  return caller;
};
