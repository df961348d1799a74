/** The promise made visible: this account's own events in any other order, folded here by the server's own code, end in the same state. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Account } from "../../../../openapi/answers.ts";
import { get } from "../../api.ts";
import { plural } from "../../format.ts";
import { touched } from "../../live.ts";
import type { PageProps } from "../../paths.ts";
import { accountHref, go, withSearch } from "../../router.ts";
import { Icon } from "../../ui/icon.tsx";
import { Empty, Shown } from "../../ui/states.tsx";
import { useLoad } from "../../use-load.ts";
import { Compare, Walk } from "./compare.tsx";
import { Deliveries } from "./deliveries.tsx";
import { type Events, Folding, type Standing } from "./fold.ts";
import { ManyOrders } from "./many.tsx";
import { arrivals, asItCame, type Order, shuffled } from "./orders.ts";
import { follow } from "./trace.ts";

/** Between two deliveries that are shown. Milliseconds. */
const pace = { few: 420, many: 120 };

const textOf = (events: Events, order: Order): string => {
  const byId = new Map(events.items.map((item) => [item.id, item]));
  const folding = new Folding(events);
  folding.deliver(arrivals(order).map((id) => byId.get(id)!));
  return folding.state;
};

const Table = ({ events, seed }: { readonly events: Events; readonly seed: number | null }) => {
  const ids = useMemo(() => events.items.map(({ id }) => id), [events]);
  const items = useMemo(() => new Map(events.items.map((item) => [item.id, item])), [events]);
  const places = useMemo(() => new Map(ids.map((id, index) => [id, index + 1])), [ids]);
  const begin = (): Order => (seed === null ? asItCame(ids) : shuffled(ids, seed));
  const [order, setOrder] = useState<Order>(begin);
  const [standings, setStandings] = useState<ReadonlyArray<Standing>>(() => [new Folding(events).standing]);
  const [at, setAt] = useState<number | null>(null);
  const [isPlaying, setPlaying] = useState(false);
  const [said, setSaid] = useState("");
  const [typed, setTyped] = useState(String(seed ?? 1));
  const isFirst = useRef(true);

  useEffect(() => {
    if (isFirst.current) {
      isFirst.current = false;
      return;
    }
    setOrder(begin());
    if (seed !== null) setTyped(String(seed));
  }, [seed, ids]);
  useEffect(() => {
    const stop = new AbortController();
    void follow(events, order, setStandings, stop.signal);
    return () => stop.abort();
  }, [events, order]);
  const of = order.length;
  const shown = Math.min(at ?? of, of, standings.length - 1);
  useEffect(() => {
    if (!isPlaying) return;
    if (shown >= of) {
      setPlaying(false);
      return;
    }
    const timer = setTimeout(() => setAt(shown + 1), of > 60 ? pace.many : pace.few);
    return () => clearTimeout(timer);
  }, [isPlaying, shown, of]);
  const text = useMemo(() => (shown === of ? textOf(events, order) : null), [events, order, shown === of]);

  const play = (): void => {
    if (shown >= of) setAt(0);
    setPlaying(!isPlaying);
  };
  const byHand = (next: Order, what: string): void => {
    setOrder(next);
    setSaid(what);
    setPlaying(false);
    setAt(null);
  };
  const take = (wanted: number): void => {
    setAt(null);
    setPlaying(false);
    if (wanted === seed) setOrder(shuffled(ids, wanted));
    go(withSearch({ seed: String(wanted) }), { replace: true });
  };
  const asTyped = Number.parseInt(typed, 10);
  const next = (): void => take(Math.floor(Math.random() * 1_000_000));

  return (
    <>
      <div class="shuffle-controls">
        <button type="button" class="primary" onClick={next}>
          <Icon name="shuffle" /> Shuffle
        </button>
        <form
          class="seed"
          onSubmit={(event) => {
            event.preventDefault();
            if (Number.isSafeInteger(asTyped) && asTyped >= 0) take(asTyped);
          }}
        >
          <label>
            seed
            <input
              type="number"
              min="0"
              step="1"
              value={typed}
              onInput={(event) => setTyped(event.currentTarget.value)}
            />
          </label>
          <button type="submit">Take it</button>
        </form>
        <button
          type="button"
          onClick={() => {
            setAt(null);
            setOrder(asItCame(ids));
            go(withSearch({ seed: null }), { replace: true });
          }}
        >
          As they came
        </button>
        <span class="player">
          <button type="button" onClick={play}>
            <Icon name={isPlaying ? "pause" : "play"} /> {isPlaying ? "Pause" : "Play"}
          </button>
          <label>
            <span class="visually-hidden">Deliveries that have arrived</span>
            <input
              type="range"
              min={0}
              max={of}
              value={shown}
              onInput={(event) => {
                setPlaying(false);
                setAt(event.currentTarget.valueAsNumber);
              }}
            />
          </label>
          <output class="player-at">
            {shown} of {of}
          </output>
        </span>
      </div>
      <p class="visually-hidden" role="status">
        {said}
      </p>
      <p class="visually-hidden" id="handle-keys">
        Arrow keys, Page up, Page down, Home and End move it.
      </p>
      <div class="shuffle-table">
        <section class="card" aria-label="Deliveries">
          <header>
            <h2>Deliveries</h2>
            <span class="soft">drag a row, or press the arrow keys on its handle</span>
          </header>
          <Deliveries order={order} items={items} places={places} at={shown} onOrder={byHand} onLook={setAt} />
        </section>
        <div class="shuffle-side">
          <Compare events={events} standing={standings[shown]!} at={shown} of={of} text={text} />
          <section class="card" aria-label="The walk of the stage">
            <header>
              <h2>Stage by stage</h2>
              <span class="soft">with the number of the delivery that moved it</span>
            </header>
            <Walk standings={standings} at={shown} />
          </section>
          <ManyOrders events={events} onSeed={take} />
        </div>
      </div>
    </>
  );
};

export default function ShufflePage({ parameters, search }: PageProps) {
  const id = parameters["account"]!;
  const said = search.get("seed");
  const seed = said !== null && /^\d{1,15}$/.test(said) ? Number(said) : null;
  const path = `/v1/accounts/${encodeURIComponent(id)}`;
  const loaded = useLoad(
    async (signal) => {
      const [events, account] = await Promise.all([
        get<Events>(`${path}/events`, {}, signal),
        get<typeof Account.Type>(path, {}, signal),
      ]);
      return { events, name: account.name };
    },
    [id],
  );
  const since = loaded.value?.events.seq ?? 0;
  const own = loaded.value?.events.id;
  const moved =
    touched.value !== null && touched.value.seq > since && touched.value.items.some((one) => one.id === own);
  return (
    <>
      <div class="page-head">
        <h1>Shuffle{loaded.value === null ? "" : `: ${loaded.value.name || loaded.value.events.id}`}</h1>
        <p>
          The same events, in any order, end in the same state. They are folded in this page, by the server's own code.
        </p>
        {own !== undefined && <a href={accountHref(own)}>The account</a>}
      </div>
      {moved && (
        <div class="notice warn" role="status">
          <Icon name="clock" /> The account has moved on since its events were fetched.
          <button type="button" onClick={loaded.reload}>
            Take its events anew
          </button>
        </div>
      )}
      <Shown loaded={loaded} what="the account's events">
        {({ events }) =>
          events.items.length === 0 ? (
            <Empty title="No system has said anything of this account">
              <p>There is nothing to shuffle until one does.</p>
            </Empty>
          ) : (
            <>
              <p class="soft shuffle-note">
                {plural(events.items.length, "event")} of {plural(events.parties.length, "party", "parties")}
                {events.complete
                  ? ", all there are."
                  : ": the newest; what the older ones came to is the same in every order."}{" "}
                Documents outside and people's decisions are given: the fold begins with them. Names are numbers here.
              </p>
              <Table key={`${events.id} ${events.seq}`} events={events} seed={seed} />
            </>
          )
        }
      </Shown>
    </>
  );
}
