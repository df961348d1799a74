/** Figures: money, ages, instants. Set in digits of one width; the exact value is in the title. */
import { useEffect, useState } from "preact/hooks";
import { amountText, instantText, type Minor, spanText } from "../format.ts";
import { serverNow } from "../live.ts";

export const Money = ({ minor, currency }: { readonly minor: Minor; readonly currency: string | null }) => (
  <span class="money">
    <span class="amount">{amountText(minor, currency)}</span> <span class="currency">{currency ?? "minor units"}</span>
  </span>
);

/** One line for each currency: two are never added. */
export const Sums = ({ by }: { readonly by: Readonly<Record<string, Minor>> }) => {
  const found = Object.entries(by).sort(([a], [b]) => (a < b ? -1 : 1));
  if (found.length === 0) return <span class="soft">–</span>;
  return (
    <span class="sums">
      {found.map(([currency, minor]) => (
        <Money key={currency} minor={minor} currency={currency} />
      ))}
    </span>
  );
};

const ticks = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | null = null;

/** The server's clock, once a second, for as long as somebody looks at it. */
export const useClock = (): number => {
  const [at, setAt] = useState(serverNow);
  useEffect(() => {
    const tick = (): void => setAt(serverNow());
    ticks.add(tick);
    timer ??= setInterval(() => {
      for (const one of ticks) one();
    }, 1000);
    return () => {
      ticks.delete(tick);
      if (ticks.size > 0 || timer === null) return;
      clearInterval(timer);
      timer = null;
    };
  }, []);
  return at;
};

/** How long ago, or by when; epoch milliseconds. */
export const Age = ({ from }: { readonly from: number | null }) => {
  const at = useClock();
  if (from === null) return <span class="soft">–</span>;
  const ms = at - from;
  return (
    <time dateTime={new Date(from).toISOString()} title={`${instantText(from)} UTC`} class="age">
      {ms >= 0 ? spanText(ms) : `in ${spanText(-ms)}`}
    </time>
  );
};

export const Instant = ({ at }: { readonly at: number | null }) =>
  at === null ? (
    <span class="soft">–</span>
  ) : (
    <time dateTime={new Date(at).toISOString()} class="instant" title={`${instantText(at)} UTC`}>
      {instantText(at)}
    </time>
  );
