/**
 * The engine's side of inspection: which live actors are observed, for whom. An actor gets an observer when the first watcher of its
 * account comes and loses it with the last; where nobody watches, a fold asks one empty map.
 */
import * as Effect from "effect/Effect";
import type { Subscription } from "xstate";
import type { StoreError } from "../../domain/ports/store.ts";
import { type AccountActor, activate, tell } from "../../machines/account.actor.ts";
import { actorSeen, type Ending, endSeen, reported, type Seen } from "../../machines/inspection.ts";
import type { Engine } from "../engine/engine.ts";
import type { Inspected, WatchAnswer } from "../host/host.ts";
import { resolve } from "../views/find.ts";

interface Attached {
  readonly actor: AccountActor;
  /** Null: no actor of the account is alive; this one was made to show where it stands. */
  readonly observers: ReadonlyArray<Subscription> | null;
}

interface Watch {
  /** One of each account: where its account has got to is asked of the links, again and again. */
  readonly parties: string[];
  /** By the root of the account. */
  readonly attached: Map<string, Attached>;
  readonly show: (seen: Seen) => void;
  /** Nothing more is handed over. */
  readonly end: () => void;
}

export interface Watches {
  /** Told after every fold. */
  readonly folded: () => void;
  /** Messages come a turn's worth at a time. Watches nothing when one of the ids leads nowhere. */
  readonly start: (
    engine: Engine,
    watch: number,
    ids: ReadonlyArray<string>,
    emit: (messages: ReadonlyArray<Inspected>) => void,
  ) => Effect.Effect<WatchAnswer, StoreError>;
  /** Answers how many observers are left on all actors. */
  readonly stop: (watch: number) => number;
}

export const makeWatches = (now: () => number): Watches => {
  const watches = new Map<number, Watch>();
  /** Started and not answered yet; one that is stopped meanwhile is no longer in it. */
  const starting = new Set<number>();
  let core: Engine["core"];
  let refreshing = false;

  const refresh = (): void => {
    for (const watch of watches.values()) follow(watch);
  };
  /** An actor is stopped before the core forgets it. */
  const refreshLater = (): void => {
    if (refreshing) return;
    refreshing = true;
    setImmediate(() => {
      refreshing = false;
      refresh();
    });
  };

  const attach = (watch: Watch, root: string, actor: AccountActor): void => {
    watch.show(actorSeen(actor, now()));
    const reports = actor.system.inspect((event) => {
      const seen = reported(actor, event, now());
      if (seen !== null) watch.show(seen);
    });
    const stops = actor.subscribe({ complete: refreshLater });
    watch.attached.set(root, { actor, observers: [reports, stops] });
  };
  const detach = (watch: Watch, root: string, why: Ending | null): void => {
    const { actor, observers } = watch.attached.get(root)!;
    watch.attached.delete(root);
    for (const observer of observers ?? []) observer.unsubscribe();
    if (why !== null) watch.show(endSeen(actor, why, now()));
  };

  const follow = (watch: Watch): void => {
    const roots = new Set(watch.parties.map((party) => core.root(party)));
    for (const root of [...watch.attached.keys()]) if (!roots.has(root)) detach(watch, root, "tieout.joined");
    for (const root of roots) {
      const actor = core.actorOf(root);
      const before = watch.attached.get(root);
      if (before !== undefined) {
        if (before.actor === actor || (actor === null && before.observers === null)) continue;
        detach(watch, root, actor === null ? "tieout.evicted" : "tieout.replaced");
      }
      if (actor !== null) attach(watch, root, actor);
    }
  };

  /** Where the account stands now, also when its actor was let go to make room: the facts alone decide where it walks to. */
  const standIn = (watch: Watch, party: string): void => {
    const { id, root, facts } = core.account(party);
    if (watch.attached.has(root) || core.actorOf(root) !== null) return;
    const actor = activate(id);
    tell(actor, id, facts);
    watch.attached.set(root, { actor, observers: null });
    watch.show(actorSeen(actor, now()));
  };

  return {
    folded: () => {
      if (watches.size > 0) refresh();
    },
    start: (engine, id, ids, emit) =>
      Effect.gen(function* () {
        core = engine.core;
        const watch = makeWatch(emit);
        starting.add(id);
        const accounts: Array<{ readonly asked: string; readonly account: string }> = [];
        for (const asked of ids) {
          const party = yield* resolve(engine, asked);
          if (party === null || !starting.has(id)) {
            stop(id);
            return { missing: asked };
          }
          watches.set(id, watch);
          watch.parties.push(party);
          standIn(watch, party);
          follow(watch);
          accounts.push({ asked, account: core.account(party).id });
        }
        starting.delete(id);
        return { accounts };
      }).pipe(Effect.onError(() => Effect.sync(() => stop(id)))),
    stop,
  };

  function stop(id: number): number {
    starting.delete(id);
    const watch = watches.get(id);
    watches.delete(id);
    if (watch !== undefined) {
      watch.end();
      for (const root of [...watch.attached.keys()]) detach(watch, root, null);
    }
    let left = 0;
    for (const { attached } of watches.values()) {
      for (const { observers } of attached.values()) left += observers?.length ?? 0;
    }
    return left;
  }
};

const makeWatch = (emit: (messages: ReadonlyArray<Inspected>) => void): Watch => {
  let waiting: Inspected[] = [];
  let ended = false;
  const flush = (): void => {
    const messages = waiting;
    waiting = [];
    if (!ended) emit(messages);
  };
  const show = (seen: Seen): void => {
    if (waiting.length === 0) setImmediate(flush);
    waiting.push({ type: seen.type, sessionId: seen.sessionId, text: JSON.stringify(seen) });
  };
  const end = (): void => {
    ended = true;
  };
  return { parties: [], attached: new Map(), show, end };
};
