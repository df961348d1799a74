/** Two hundred orders at one press: how many ended in the server's state, and any that did not, with its seed. */
import { useEffect, useRef, useState } from "preact/hooks";
import { countText, plural } from "../../format.ts";
import { Icon } from "../../ui/icon.tsx";
import type { Events } from "./fold.ts";
import { type Many, tryMany } from "./trace.ts";

const wanted = 200;

export const ManyOrders = ({
  events,
  onSeed,
}: {
  readonly events: Events;
  readonly onSeed: (seed: number) => void;
}) => {
  const [many, setMany] = useState<Many | null>(null);
  const [first, setFirst] = useState(1);
  const running = useRef<AbortController | null>(null);
  const [isRunning, setRunning] = useState(false);
  useEffect(() => () => running.current?.abort(), []);

  const start = async (): Promise<void> => {
    const stop = new AbortController();
    running.current = stop;
    setRunning(true);
    setMany(null);
    await tryMany(events, first, wanted, setMany, stop.signal);
    setRunning(false);
    setFirst(first + wanted);
  };
  const ended = many !== null && many.done === many.wanted;
  const failed = many !== null && many.others.length > 0;
  return (
    <section class="card many" aria-label="Many orders">
      <header>
        <h2>{wanted} orders by chance</h2>
        <span class="soft">each with events sent twice, lost and sent again, taken in one by one or in batches</span>
      </header>
      <div class="many-row">
        {isRunning ? (
          <button type="button" onClick={() => running.current?.abort()}>
            <Icon name="pause" /> Stop
          </button>
        ) : (
          <button type="button" class="primary" onClick={() => void start()}>
            <Icon name="shuffle" /> Try {wanted} orders
          </button>
        )}
        {many !== null && (
          <>
            <progress max={many.wanted} value={many.done} aria-label="Orders tried" />
            <p class={`count ${failed ? "bad" : ended ? "good" : ""}`} role={ended ? "status" : undefined}>
              <Icon name={failed ? "warn" : ended ? "check" : "flow"} />
              <strong>
                {many.same} of {ended || failed ? many.done : many.wanted} the same
              </strong>
              <span class="soft">
                {plural(many.deliveries, "delivery", "deliveries")} in {countText(Math.round(many.ms))} ms
              </span>
            </p>
          </>
        )}
      </div>
      {failed && (
        <div class="failure" role="alert">
          <Icon name="warn" />
          <div>
            <p class="failure-title">{plural(many.others.length, "order")} ended in another state</p>
            <p>This must not be. Keep the seed, and report it with the account: it gives the same order again.</p>
            {many.others.slice(0, 10).map((seed) => (
              <button key={seed} type="button" onClick={() => onSeed(seed)}>
                Show seed {seed}
              </button>
            ))}
          </div>
        </div>
      )}
    </section>
  );
};
