/** One account: where it stands, what differs, what is owed, what happened; now, or as it stood after any of its entries. */
import { useEffect, useMemo, useState } from "preact/hooks";
import type { Account } from "../../../../openapi/answers.ts";
import { addressOf, get } from "../../api.ts";
import { instantText, words } from "../../format.ts";
import { missed, touched } from "../../live.ts";
import type { PageProps } from "../../paths.ts";
import { accountHref, go, withSearch } from "../../router.ts";
import { Badge } from "../../ui/badge.tsx";
import { Age, Money } from "../../ui/figure.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Failure, Loading } from "../../ui/states.tsx";
import { useLoad } from "../../use-load.ts";
import { ChartView } from "./chart-view.tsx";
import { type History, useHistory } from "./history.ts";
import { Matrix } from "./matrix.tsx";
import { Obligations } from "./obligations.tsx";
import { type Meaning, Scrubber } from "./scrubber.tsx";
import { lastMove, movesOf } from "./story.ts";
import { TimelineList } from "./timeline.tsx";

type AccountAnswer = typeof Account.Type;

/** Counts up when something touched the account, or when something was missed. */
const useRounds = (id: string | null): number => {
  const [round, setRound] = useState(0);
  const told = touched.value;
  const gaps = missed.value;
  // Each telling counts once.
  useEffect(() => {
    if (told !== null && (told.more > 0 || told.items.some((item) => item.id === id))) setRound((before) => before + 1);
  }, [told, id]);
  useEffect(() => {
    if (gaps > 0) setRound((before) => before + 1);
  }, [gaps]);
  return round;
};

/** A slider passes over many moments: only where it rests for a moment is asked for. Milliseconds. */
const restMs = 120;
const useRested = <A,>(value: A): A => {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), restMs);
    return () => clearTimeout(timer);
  }, [value]);
  return rested;
};

const Head = ({ account }: { readonly account: AccountAnswer }) => (
  <div class="account-head">
    <h1>{account.name || account.id}</h1>
    <Badge state={account.stage} />
    <ul class="parties" aria-label="Known as">
      {account.parties.map(({ connection, id }) => (
        <li key={`${connection}:${id}`}>
          {connection} <span class="mono">{id}</span>
        </li>
      ))}
    </ul>
    <p class="account-links">
      {account.parents.map((parent) => (
        <a key={parent} href={accountHref(parent)}>
          Parent account
        </a>
      ))}
      {account.children.map((child) => (
        <a key={child} href={accountHref(child)}>
          Account below
        </a>
      ))}
      <a href={`/inspect?account=${encodeURIComponent(account.id)}`} target="_blank" rel="noopener">
        Watch in the Stately Inspector
      </a>
      <a href={addressOf("/explain", { kind: "account", id: account.id })}>Explain</a>
      <a href={`/shuffle/${encodeURIComponent(account.id)}`}>Shuffle its events</a>
    </p>
  </div>
);

type OpenException = AccountAnswer["exceptions"][number];

/** What is said of several parties in the same words is told once. */
const alike = (all: ReadonlyArray<OpenException>): ReadonlyArray<readonly [OpenException, ReadonlyArray<string>]> => {
  const groups = new Map<string, readonly [OpenException, string[]]>();
  for (const one of all) {
    const key = JSON.stringify([one.type, one.cause, one.moneyMinor, one.currency]);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [one, [one.owner]]);
    else if (!known[1].includes(one.owner)) known[1].push(one.owner);
  }
  return [...groups.values()];
};

const Exceptions = ({ account }: { readonly account: AccountAnswer }) =>
  account.exceptions.length === 0 ? null : (
    <section class="account-exceptions" aria-label="Exceptions of this account">
      {alike(account.exceptions).map(([{ id, type, cause, moneyMinor, currency, ageFrom, acts }, owners]) => (
        <article key={id}>
          <Icon name="warn" />
          <div>
            <p>
              <b>{words(type)}</b>
              {moneyMinor !== null && (
                <>
                  {" · "}
                  <Money minor={moneyMinor} currency={currency} /> at risk
                </>
              )}
              {ageFrom !== null && (
                <>
                  {" · "}
                  <Age from={ageFrom} />
                </>
              )}
              {owners.length === 1 ? ` · ${owners[0]}'s turn` : ` · ${owners.join(", ")}`}
            </p>
            <p>{cause}</p>
            {acts.length > 0 && <p class="acts">What would resolve it: {acts.join("; or ")}.</p>}
          </div>
        </article>
      ))}
    </section>
  );

interface MomentProps {
  readonly account: AccountAnswer;
  readonly history: History;
  readonly chosen: number | null;
  readonly isPast: boolean;
  readonly round: number;
}

const Moment = ({ account, history, chosen, isPast, round }: MomentProps) => {
  const { transitions } = history;
  const move = lastMove(transitions, chosen ?? Number.POSITIVE_INFINITY);
  const at = move === null ? null : (history.entries.find(({ position }) => position === move.position)?.at ?? null);
  return (
    <>
      <Exceptions account={account} />
      <section class="card" aria-labelledby="account-machine">
        <header>
          <h2 id="account-machine">Machine</h2>
          <span class="soft">
            {move === null
              ? "No transition is known here."
              : `Last transition ${at === null ? "" : `${instantText(at)} `}(entry ${move.position}): ${movesOf(move).join(" · ")}`}
          </span>
        </header>
        <ChartView regions={account.regions} before={move?.from ?? null} />
      </section>
      <Matrix account={account} isPast={isPast} round={round} />
      <Obligations account={account} isPast={isPast} round={round} />
    </>
  );
};

const pathOf = (id: string): string => `/v1/accounts/${encodeURIComponent(id)}`;

export default function AccountView({ parameters, search }: PageProps) {
  const id = parameters["id"]!;
  const [known, setKnown] = useState<string | null>(null);
  const round = useRounds(known);
  const history = useHistory(id, round);

  const chosen = /^\d+$/.test(search.get("entry") ?? "") ? Number(search.get("entry")) : null;
  const meaning: Meaning = search.get("as") === "effective" ? "effective" : "known";
  const entry = useMemo(() => history.entries.find(({ position }) => position === chosen), [history.entries, chosen]);
  const rested = useRested(entry);

  const live = useLoad((signal) => get<AccountAnswer>(pathOf(id), {}, signal), [id], round);
  const past = useLoad(
    async (signal) => {
      if (rested === undefined) return null;
      const at = new Date(rested.at).toISOString();
      return get<AccountAnswer>(pathOf(id), meaning === "known" ? { knownAt: at } : { asOf: at }, signal);
    },
    [id, rested?.position ?? null, meaning],
  );
  const accountId = live.value?.id ?? null;
  useEffect(() => setKnown(accountId), [accountId]);
  const name = live.value?.name;
  useEffect(() => {
    if (name) document.title = `${name} · tieout`;
  }, [name]);

  const choose = (position: number | null): void =>
    go(withSearch({ entry: position === null ? null : String(position) }), { replace: true });

  if (live.value === null)
    return live.failure === null ? (
      <Loading what="the account" rows={8} />
    ) : (
      <Failure failure={live.failure} retry={live.reload} />
    );
  const isPast = chosen !== null;
  const shown = isPast ? past.value : live.value;
  return (
    <div class={isPast ? "account past" : "account"}>
      <Head account={shown ?? live.value} />
      {live.failure !== null && <Failure failure={live.failure} retry={live.reload} />}
      <Scrubber
        entries={history.entries}
        chosen={chosen}
        meaning={meaning}
        onChoose={choose}
        onMeaning={(to) => go(withSearch({ as: to === "known" ? null : to }), { replace: true })}
      />
      <div class="account-columns">
        <div class="account-main">
          {isPast && past.failure !== null && <Failure failure={past.failure} retry={past.reload} />}
          {shown === null ? (
            past.failure === null && <Loading what="the account as it stood" rows={8} />
          ) : (
            <Moment account={shown} history={history} chosen={chosen} isPast={isPast} round={round} />
          )}
        </div>
        <section class="card account-side" aria-labelledby="account-timeline">
          <header>
            <h2 id="account-timeline">Timeline</h2>
            <span class="soft">Choose an entry to see the account as it stood after it.</span>
          </header>
          <TimelineList history={history} chosen={chosen} onChoose={choose} />
        </section>
      </div>
    </div>
  );
}
