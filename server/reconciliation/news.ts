/** Whether a listed object says something that is not known: a list of everything would fill the journal with what it has already. */
import * as Effect from "effect/Effect";
import { canonical, type Json } from "../../domain/canonical.ts";
import { type CanonicalEvent, catalogueKinds, kindOf, type ObjectData } from "../../domain/event.ts";
import { replicaPrefix } from "../../domain/evidence.ts";
import { isOutsideId } from "../../domain/ids.ts";
import type { StoreError } from "../../domain/ports/store.ts";
import { shown } from "../../domain/register.ts";
import { documentSubject } from "../engine/core.ts";
import type { Engine } from "../engine/engine.ts";

const same = (event: CanonicalEvent, known: ObjectData | undefined): boolean => {
  if (known === undefined) return false;
  const said = event.data as unknown as Readonly<Record<string, Json>>;
  const has = known as unknown as Readonly<Record<string, Json>>;
  // What an older decoder did not read, or what we noted beside it, is no news.
  const fields = event.fields ?? Object.keys(said);
  return fields.every((field) => canonical(said[field] ?? null) === canonical(has[field] ?? null));
};

/** The events of a page that are news. */
export const newsIn = (
  { core, snapshots, ensure }: Engine,
  events: ReadonlyArray<CanonicalEvent>,
): Effect.Effect<ReadonlyArray<CanonicalEvent>, StoreError> =>
  Effect.gen(function* () {
    const globalOf = (event: CanonicalEvent): string =>
      event.externalId !== null && isOutsideId(event.externalId)
        ? documentSubject(event.externalId)
        : `${event.source}:${event.subject}`;
    const names = events.map(globalOf);
    const unknown = names.filter((name) => !core.knownOwners.has(name));
    const stored = new Map((yield* snapshots.owners(unknown)).map(({ subject, party }) => [subject, party]));
    const found: CanonicalEvent[] = [];
    for (const [index, event] of events.entries()) {
      const name = names[index]!;
      if (catalogueKinds.has(kindOf(event.subject))) {
        const register = core.catalogue.get(name);
        const order = core.surroundings.orders(event.source)[kindOf(event.subject)];
        if (!register || !same(event, shown(order, register)?.observation.data)) found.push(event);
        continue;
      }
      const owner = core.knownOwners.get(name) ?? stored.get(name);
      if (owner === undefined) {
        found.push(event);
        continue;
      }
      yield* ensure(owner);
      const evidence = core.parties.get(owner)?.evidence;
      const subject = name.startsWith("document/") ? `${replicaPrefix}${event.source}:${event.subject}` : event.subject;
      // Of several reports of one instant all are kept, and only one of them is shown.
      const kept = evidence?.registers.get(subject)?.observations.map(({ data }) => data) ?? [evidence?.data(subject)];
      if (!kept.some((data) => same(event, data))) found.push(event);
    }
    return found;
  });
