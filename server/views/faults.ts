/**
 * Engineers' queue: what is wrong with the pipes, never with the books. Stored ones are entries of the journal that could not be
 * used as they came; live ones last as long as what they tell of. Each says what, where, and what to do.
 */
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import { faultDesk } from "../../domain/controls/fault-desk.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import type { Fault } from "../engine/core.ts";
import type { Engine } from "../engine/engine.ts";
import type { Query } from "../host/host.ts";
import { teamOf } from "../queues/items.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { health } from "./health.ts";

type FaultsQuery = Extract<Query, { readonly name: "faults" }>;

export const faultKinds = [
  "undecodable",
  "unknown-type",
  "conflicting-content",
  "poison",
  "envelope",
  "breaker-open",
  "unanswered",
  "bad-signature",
  "stalled",
  "store",
  "alert-endpoint",
] as const;
export type FaultKind = (typeof faultKinds)[number];

export interface FaultItem {
  readonly id: string;
  readonly kind: FaultKind;
  /** It goes away by itself when what it tells of does. */
  readonly live: boolean;
  readonly connection: string | null;
  readonly what: string;
  readonly where: string;
  readonly todo: string;
  /** Since when, epoch ms; null: not known. */
  readonly at: number | null;
  readonly position: number | null;
  readonly event: string | null;
}

const todoOf = (kind: Fault["kind"], connection: string): string => {
  switch (kind) {
    case "undecodable":
      return `compare the vendor's API version and the body with what the adapter of ${connection} knows; the bytes are kept, and a newer decoder reads them on replay`;
    case "unknown-type":
      return `nothing, if the type means nothing here: take it out of the subscription in ${connection}; else the adapter has to learn it`;
    case "conflicting-content":
      return `ask ${connection} why one event id came with two contents; both are kept and joined`;
    case "poison":
      return "report it with the entry's position: the fold refused the entry, went on without it, and folds it again after the repair";
    case "envelope":
      return `look at what is sent to /webhooks/${connection}: it is signed, and no event of that vendor`;
  }
};

/** An alert or two may be lost to a deployment over there. */
const manySends = 3;

const receivers = ({ receivers: all }: Engine): ReadonlyArray<FaultItem> =>
  [...all].flatMap(([id, { name, failures, since, error, waiting }]) =>
    failures < manySends
      ? []
      : [
          live("alert-endpoint", id, null, {
            what: `${name} took none of ${failures} sendings: ${error}; ${waiting} alert${waiting === 1 ? " waits" : "s wait"}`,
            where: `the receiver of alerts at ${name}`,
            todo: "see whether it is up, and whether its address and secret are those of the configuration; what waits is sent again until it is taken",
            ...(since === null ? {} : { at: since }),
          }),
        ],
  );

/** What people did about a fault. */
const worked = (engine: Engine, item: FaultItem): Json => {
  const record = engine.core.controls.get(faultDesk, item.id);
  return {
    ...(item as unknown as { readonly [key: string]: Json }),
    status: record?.resolved ? "resolved" : "open",
    team: item.connection === null ? null : teamOf(engine.queues, item.connection),
    assignee: record?.assignee ?? null,
    acknowledged: (record?.acknowledged ?? null) as unknown as Json,
    resolved: (record?.resolved ?? null) as unknown as Json,
  };
};

const stored = (fault: Fault): FaultItem => ({
  id: `fault_${fault.position}`,
  kind: fault.kind,
  live: false,
  connection: fault.connection,
  what: fault.reason,
  where: `journal entry ${fault.position} of ${fault.connection}${fault.event === null ? "" : `, event ${fault.event}`}`,
  todo: todoOf(fault.kind, fault.connection),
  at: fault.at,
  position: fault.position,
  event: fault.event,
});

const live = (
  kind: FaultKind,
  name: string,
  connection: string | null,
  said: Pick<FaultItem, "what" | "where" | "todo"> & { readonly at?: number },
): FaultItem => ({
  id: `fault_${kind}_${name}`,
  kind,
  live: true,
  connection,
  what: said.what,
  where: said.where,
  todo: said.todo,
  at: said.at ?? null,
  position: null,
  event: null,
});

const breakers = ({ gates }: Engine, now: number): ReadonlyArray<FaultItem> =>
  [...gates].flatMap(([connection, gate]) => {
    const { breaker, failures, until } = gate.state(now);
    if (breaker === "closed") return [];
    const next = until === null ? "one call is let through to see" : `one call is let through in ${until - now} ms`;
    return [
      live("breaker-open", connection, connection, {
        what: `${failures} calls in a row got no good answer: nothing is sent to ${connection}; ${next}`,
        where: `the breaker of ${connection}`,
        todo: `see whether ${connection} is up, and whether address and network to it are right; what is owed waits and goes by itself`,
      }),
    ];
  });

/** So many in a row are more than bad luck. */
const manyAttempts = 8;
/** Not asked again for so long, nobody wants to know any more. Milliseconds. */
const forgottenAfterMs = 600_000;

const questions = ({ unanswered }: Engine, now: number): ReadonlyArray<FaultItem> =>
  [...unanswered].flatMap(([id, { target, attempts, since, lastAt, error }]) =>
    attempts < manyAttempts || now - lastAt > forgottenAfterMs
      ? []
      : [
          live("unanswered", id, target, {
            what: `${target} was asked ${attempts} times without an answer: ${error}`,
            where: `the question "${id}"`,
            todo: "put right what the answer names (permission, address, the object itself); it is asked again by itself",
            at: since,
          }),
        ],
  );

const signatures = (refused: FaultsQuery["refused"]): ReadonlyArray<FaultItem> =>
  Object.entries(refused).map(([connection, count]) =>
    live("bad-signature", connection, connection, {
      what: `${count} request${count === 1 ? "" : "s"} since the start had a signature that does not verify; nothing of them is stored`,
      where: `/webhooks/${connection}`,
      todo: `compare the webhook secret of ${connection} with the vendor's; during a rotation give both`,
    }),
  );

/** As the loop reports it. */
interface Trouble {
  readonly step: string;
  readonly code: string;
  readonly reason: string;
  readonly since: number;
  readonly attempts: number;
}

const stepWords: Readonly<Record<string, string>> = {
  fold: "reading the journal and owing commands",
  snapshot: "writing a snapshot",
  job: "writing down what became of a command",
};

const troubles = (found: FaultsQuery["troubles"]): ReadonlyArray<FaultItem> =>
  (found as unknown as ReadonlyArray<Trouble>).map(({ step, code, reason, since, attempts }) =>
    live("store", step, null, {
      what: `${stepWords[step] ?? step}: the store refuses it (${code}), ${attempts} times so far: ${reason}`,
      where: "the store: journal, snapshots and outbox",
      todo: "make room, or give the server its rights to the data directory back; it is tried again until it works, and nothing accepted is lost",
      at: since,
    }),
  );

/** Slower than this is told. Milliseconds. */
const lagMs = 60_000;

const lags = (engine: Engine, now: number): Effect.Effect<ReadonlyArray<FaultItem>, StoreError> =>
  Effect.map(health(engine), (found) => {
    const { oldestUnprocessedMs, position, head } = found as {
      readonly oldestUnprocessedMs: number;
      readonly position: number;
      readonly head: number;
    };
    if (oldestUnprocessedMs < lagMs) return [];
    return [
      live("stalled", "journal", null, {
        what: `the oldest entry that is not folded is ${Math.round(oldestUnprocessedMs / 1000)} s old`,
        where: `the journal: folded through ${position} of ${head}`,
        todo: "look for a fault of the store beside this one, and at the server's log; if neither says why, start the server again",
        at: now - oldestUnprocessedMs,
      }),
    ];
  });

const liveFaults = (
  engine: Engine,
  query: Pick<FaultsQuery, "refused" | "troubles">,
  now: number,
): Effect.Effect<ReadonlyArray<FaultItem>, StoreError> =>
  Effect.map(lags(engine, now), (late) =>
    [
      ...troubles(query.troubles),
      ...late,
      ...breakers(engine, now),
      ...questions(engine, now),
      ...receivers(engine),
      ...signatures(query.refused),
    ].filter(({ connection }) => engine.sees(`@${connection ?? ""}`)),
  );

/** One fault after an act on it. What only the list of a running server can tell of (signatures, the store) is told in short. */
export const faultOf = (engine: Engine, id: string): Effect.Effect<Json, StoreError> =>
  Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis;
    const kept = engine.core.faults.get(Number(id.slice("fault_".length)));
    if (kept !== undefined) return worked(engine, stored(kept));
    const found = (yield* liveFaults(engine, { refused: {}, troubles: [] }, now)).find((item) => item.id === id);
    if (found !== undefined) return worked(engine, found);
    const kind = faultKinds.find((one) => id.startsWith(`fault_${one}_`)) ?? "store";
    const told = {
      what: "it is not there now, or only the list of faults tells of it",
      where: id,
      todo: "see the list of faults",
    };
    return worked(engine, live(kind, id.slice(`fault_${kind}_`.length), null, told));
  });

export const isFaultCursor = (cursor: string): boolean => /^\d+$/.test(decodeCursor(cursor) ?? "");

/** What is live comes first, on the first page; then what is stored, newest first. */
export const faults = (engine: Engine, query: FaultsQuery): Effect.Effect<Json, StoreError> =>
  Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis;
    const { kind, connection, limit } = query;
    const status = query.status ?? "open";
    const settled = (position: number): boolean =>
      Boolean(engine.core.controls.get(faultDesk, `fault_${position}`)?.resolved);
    const wanted = (item: Pick<FaultItem, "kind" | "connection">): boolean =>
      (kind === null || item.kind === kind) && (connection === null || item.connection === connection);
    const lasting = status === "resolved" ? [] : (yield* liveFaults(engine, query, now)).filter(wanted);
    const kept = [...engine.core.faults.values()].filter(
      (fault) => wanted(fault) && settled(fault.position) === (status === "resolved"),
    );
    const before = query.cursor === null ? Number.POSITIVE_INFINITY : Number(decodeCursor(query.cursor));
    const left = kept.filter(({ position }) => position < before).sort((a, b) => b.position - a.position);
    const first = query.cursor === null ? lasting : [];
    const shown = left.slice(0, limit);
    const kinds: Record<string, number> = {};
    for (const item of [...lasting, ...kept]) kinds[item.kind] = (kinds[item.kind] ?? 0) + 1;
    return {
      items: [...first, ...shown.map(stored)].map((item) => worked(engine, item)),
      nextCursor: left.length > limit ? encodeCursor(String(shown.at(-1)!.position)) : null,
      total: lasting.length + kept.length,
      kinds,
    };
  });
