/** What Redis' refusals and a lost connection mean to a person: the one place where they become `StoreError`. */
import * as Effect from "effect/Effect";
import { StoreError } from "../../../domain/ports/store.ts";
import { Damaged } from "../embedded/failure.ts";
import { Gone, Refused } from "./link.ts";

type Code = StoreError["code"];

/** Redis no longer holds what it acknowledged. The code says that a backup is needed, the reason says how. */
export const LOST: Code = "corrupt";

/** Runs one piece of store work. Anything that is no failure of the store is a bug and stays a defect. */
export const attempt = <A>(where: string, work: () => Promise<A>): Effect.Effect<A, StoreError> =>
  Effect.flatMap(
    Effect.promise(() =>
      work().then(
        (value) => ({ value }),
        (failure: unknown) => ({ failure }),
      ),
    ),
    (outcome) => {
      if ("value" in outcome) return Effect.succeed(outcome.value);
      const error = toStoreError(where, outcome.failure);
      return error === null ? Effect.die(outcome.failure) : Effect.fail(error);
    },
  );

export const toStoreError = (where: string, failure: unknown): StoreError | null => {
  if (failure instanceof StoreError) return failure;
  if (failure instanceof Damaged) {
    return new StoreError({ code: "corrupt", reason: `${where}: ${failure.message}; run \`tieout verify\`` });
  }
  if (failure instanceof Gone) {
    return new StoreError({
      code: "io",
      reason: `${where}: Redis cannot be reached (${failure.message}); start it, or correct the URL`,
    });
  }
  if (failure instanceof Refused) {
    const [code, advice] = meaning[failure.code] ?? ["io", "nothing was written"];
    return new StoreError({ code, reason: `${where}: ${failure.message}; ${advice}` });
  }
  return null;
};

/** Goes away by itself, or with another connection. */
export const isPassing = (failure: unknown): boolean =>
  failure instanceof Gone || (failure instanceof Refused && passing.has(failure.code));

const passing = new Set(["LOADING", "BUSY", "TRYAGAIN", "MASTERDOWN"]);

const meaning: Readonly<Record<string, readonly [Code, string]>> = {
  OOM: ["full", "nothing was written; give Redis more memory (maxmemory) and try again"],
  MISCONF: ["not-writable", "nothing was written; Redis cannot save to its disk: see its log"],
  READONLY: ["not-writable", "this is a replica: name the primary"],
  NOAUTH: ["not-writable", "put the password into the URL: redis://:password@host:port"],
  WRONGPASS: ["not-writable", "correct user and password in the URL"],
  NOPERM: ["not-writable", "give the user the commands that this store needs: see its README"],
  WRONGTYPE: [
    "corrupt",
    "a key of this prefix is not what tieout wrote: choose another prefix, or remove what is there",
  ],
  LOST: [LOST, "Redis lost data: nothing was written; run `tieout verify`"],
  LOADING: ["io", "Redis is still reading its files: try again"],
  BUSY: ["io", "Redis is busy with somebody's script: try again"],
};
