/** The events in the order in which they are to arrive. Dragged, or moved by the arrow keys on their handle; every row says what it was. */
import { useEffect, useRef, useState } from "preact/hooks";
import { words } from "../../format.ts";
import { Icon } from "../../ui/icon.tsx";
import type { Item } from "./fold.ts";
import { type Delivery, delayed, dropped, moved, type Order, repeated, without } from "./orders.ts";

interface DeliveriesProps {
  readonly order: Order;
  readonly items: ReadonlyMap<string, Item>;
  /** Place of each item as it came, from 1. */
  readonly places: ReadonlyMap<string, number>;
  /** So many have arrived. */
  readonly at: number;
  readonly onOrder: (order: Order, said: string) => void;
  readonly onLook: (at: number) => void;
}

const hows: Readonly<Record<Delivery["how"], string | null>> = {
  first: null,
  again: "sent twice",
  dropped: "lost here",
  redelivered: "sent again",
};

/** Rows that a delay lets pass. */
const late = 5;
const pageOfRows = 10;

export const Deliveries = ({ order, items, places, at, onOrder, onLook }: DeliveriesProps) => {
  const list = useRef<HTMLOListElement>(null);
  const [held, setHeld] = useState<string | null>(null);
  const [over, setOver] = useState<number | null>(null);
  /** Whose handle takes the focus after the order changed. */
  const focus = useRef<string | null>(null);

  useEffect(() => {
    if (focus.current === null) return;
    const handle = list.current?.querySelector<HTMLElement>(`[data-handle="${CSS.escape(focus.current)}"]`);
    focus.current = null;
    handle?.focus();
    handle?.closest("li")?.scrollIntoView({ block: "nearest" });
  }, [order]);
  useEffect(() => {
    list.current?.querySelector("li.newest")?.scrollIntoView({ block: "nearest" });
  }, [at]);

  const move = (from: number, to: number): void => {
    const one = order[from];
    const place = Math.max(0, Math.min(order.length - 1, to));
    if (one === undefined || place === from) return;
    focus.current = one.key;
    onOrder(moved(order, from, place), `${items.get(one.item)!.type} is number ${place + 1} of ${order.length}`);
  };
  const steps: Readonly<Record<string, (from: number) => number>> = {
    ArrowUp: (from) => from - 1,
    ArrowDown: (from) => from + 1,
    PageUp: (from) => from - pageOfRows,
    PageDown: (from) => from + pageOfRows,
    Home: () => 0,
    End: () => order.length - 1,
  };
  const drop = (to: number): void => {
    const from = order.findIndex(({ key }) => key === held);
    setHeld(null);
    setOver(null);
    if (from >= 0) move(from, to > from ? to - 1 : to);
  };

  return (
    <ol
      class="deliveries"
      ref={list}
      aria-label="Events in the order of their arrival"
      onDragLeave={(event) => event.target === list.current && setOver(null)}
    >
      {order.map((delivery, index) => {
        const { key, item: id, how } = delivery;
        const item = items.get(id)!;
        const place = places.get(id)!;
        const said = hows[how];
        const name = `${item.type} ${item.subject}`;
        const side = index < at ? (index === at - 1 ? "newest" : "arrived") : "";
        const onto = over === index ? "onto" : "";
        return (
          <li
            key={key}
            class={`${side} ${how} ${onto} ${held === key ? "held" : ""}`}
            draggable
            onDragStart={(event) => {
              event.dataTransfer?.setData("text/plain", key);
              setHeld(key);
            }}
            onDragEnd={() => {
              setHeld(null);
              setOver(null);
            }}
            onDragOver={(event) => {
              if (held === null) return;
              event.preventDefault();
              setOver(index);
            }}
            onDrop={(event) => {
              event.preventDefault();
              drop(index);
            }}
          >
            <button
              type="button"
              class="bare handle"
              data-handle={key}
              aria-label={`Move ${name}, number ${index + 1}`}
              aria-describedby="handle-keys"
              onKeyDown={(event) => {
                const step = steps[event.key];
                if (step === undefined) return;
                event.preventDefault();
                move(index, step(index));
              }}
            >
              <Icon name="grip" />
            </button>
            <button
              type="button"
              class="bare number"
              aria-label={`Look at the state after number ${index + 1}`}
              onClick={() => onLook(index + 1)}
            >
              {index + 1}
            </button>
            <span class="what">
              <strong>{item.type}</strong> <span class="mono soft">{item.subject}</span>
              {said !== null && <span class="tag">{said}</span>}
            </span>
            <span class="was soft" title={`${words(item.connection)}, entry ${item.position} of the journal`}>
              {item.connection} · came {place === index + 1 && how === "first" ? "here" : `as ${place}`}
            </span>
            <span class="row-acts">
              {how === "first" && (
                <>
                  <button
                    type="button"
                    class="bare"
                    title="Sent twice"
                    aria-label={`×2: send ${name} twice`}
                    onClick={() => onOrder(repeated(order, index), `${item.type} arrives twice`)}
                  >
                    ×2
                  </button>
                  <button
                    type="button"
                    class="bare"
                    title={`${late} places later`}
                    aria-label={`Delay ${name}`}
                    disabled={index === order.length - 1}
                    onClick={() => onOrder(delayed(order, index, late), `${item.type} arrives ${late} places later`)}
                  >
                    <Icon name="clock" />
                  </button>
                  <button
                    type="button"
                    class="bare"
                    title="Lost here, sent again at the end"
                    aria-label={`Lose ${name}`}
                    onClick={() =>
                      onOrder(dropped(order, index), `${item.type} is lost here and sent again at the end`)
                    }
                  >
                    <Icon name="cross" />
                  </button>
                </>
              )}
              {how !== "first" && (
                <button
                  type="button"
                  class="bare"
                  aria-label={`Take back: ${name} ${said}`}
                  onClick={() => onOrder(without(order, index), `${item.type} arrives as it did`)}
                >
                  take back
                </button>
              )}
            </span>
          </li>
        );
      })}
      <li
        class={`after-last ${over === order.length ? "onto" : ""}`}
        aria-hidden="true"
        onDragOver={(event) => {
          if (held === null) return;
          event.preventDefault();
          setOver(order.length);
        }}
        onDrop={(event) => {
          event.preventDefault();
          drop(order.length);
        }}
      />
    </ol>
  );
};
