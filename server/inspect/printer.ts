/** Inspection messages as lines for a person: which account, which event, which regions moved from where to where. */

interface Message {
  readonly type: string;
  readonly sessionId: string;
  readonly createdAt: string;
  readonly event?: { readonly type: string; readonly count?: number };
  readonly snapshot?: {
    readonly status: string;
    readonly value: Readonly<Record<string, string>>;
    readonly context: { readonly account: string };
  };
}

const endings: Readonly<Record<string, string>> = {
  "tieout.evicted": "let go from memory; watched again when something of it comes in",
  "tieout.joined": "now part of another account",
  "tieout.replaced": "goes on as a new actor",
};

/** Null for what says nothing by itself: an event is told with the snapshot that follows it. */
export const makePrinter = (): ((message: Message) => string | null) => {
  const stands = new Map<string, Readonly<Record<string, string>>>();
  return ({ type, sessionId, createdAt, event, snapshot }) => {
    const at = new Date(Number(createdAt)).toISOString().slice(11, 23);
    if (snapshot === undefined) {
      return event?.type === "tieout.dropped"
        ? `${at}  ${sessionId}  ${event.count} events left out: more came than are shown a second`
        : null;
    }
    const before = stands.get(sessionId) ?? {};
    const { value, context, status } = snapshot;
    const say = (what: string): string => `${at}  ${context.account}  ${what}`;
    if (type === "@xstate.actor") {
      stands.set(sessionId, value);
      const regions = Object.entries(value).map(([region, state]) => `${region} ${state}`);
      return say(regions.join(", "));
    }
    // XState's own word; ours follows and says why.
    if (event?.type === "xstate.stop") return null;
    if (status !== "active") {
      stands.delete(sessionId);
      return say(endings[event?.type ?? ""] ?? status);
    }
    stands.set(sessionId, value);
    const moved = Object.entries(value)
      .filter(([region, state]) => before[region] !== state)
      .map(([region, state]) => `${region} ${before[region] ?? "?"} → ${state}`);
    return say(`${event?.type}: ${moved.length === 0 ? "no region moved" : moved.join(", ")}`);
  };
};
