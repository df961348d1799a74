/** Why a figure or an object is as it is: hop by hop, with the ids of every system, down to the bytes as they came. */
import { useState } from "preact/hooks";
import type { Explanation } from "../../../../explain/operations.ts";
import { addressOf, get } from "../../api.ts";
import { plural, words } from "../../format.ts";
import type { PageProps } from "../../paths.ts";
import { accountHref } from "../../router.ts";
import { Instant, Money } from "../../ui/figure.tsx";
import { Icon, type IconName } from "../../ui/icon.tsx";
import { Empty, Shown } from "../../ui/states.tsx";
import { useLoad } from "../../use-load.ts";

type Answer = typeof Explanation.Type;
type Hop = Answer["hops"][number];

const icons: Readonly<Record<string, IconName>> = {
  command: "send",
  document: "inbox",
  entry: "dot",
  raw: "dot",
  event: "pulse",
};

const isPlain = (value: unknown): value is string | number | boolean | null =>
  value === null || typeof value !== "object";

const Value = ({
  name,
  value,
  currency,
}: {
  readonly name: string;
  readonly value: unknown;
  readonly currency: string | null;
}) => {
  if (Array.isArray(value) && value.every(isPlain))
    return value.length === 0 ? (
      <span class="soft">none</span>
    ) : (
      <span class="mono">{value.map(String).join(", ")}</span>
    );
  if (!isPlain(value)) return <pre>{JSON.stringify(value, null, 2)}</pre>;
  if (name.endsWith("Minor") && typeof value === "number") return <Money minor={value} currency={currency} />;
  if (/(At|time|at)$/.test(name) && typeof value === "number" && value > 10 ** 11) return <Instant at={value} />;
  return <span class="mono">{value === null ? "–" : String(value)}</span>;
};

const Says = ({ says }: { readonly says: unknown }) => {
  if (isPlain(says)) return <p>{String(says)}</p>;
  if (Array.isArray(says)) return <pre>{JSON.stringify(says, null, 2)}</pre>;
  const fields = says as Readonly<Record<string, unknown>>;
  const all = Object.entries(fields);
  const currency = typeof fields["currency"] === "string" ? fields["currency"] : null;
  return (
    <dl class="said">
      {all.map(([name, value]) => (
        <div key={name}>
          <dt>{headOf(name)}</dt>
          <dd>
            <Value name={name} value={value} currency={currency} />
          </dd>
        </div>
      ))}
    </dl>
  );
};

/** `totalMinor` → `total`. */
const headOf = (name: string): string =>
  name.replace(/Minor$/, "").replace(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);

const anchor = (id: string): string => `hop-${id.replaceAll(/[^\w-]/g, "_")}`;

const HopCard = ({
  hop,
  isRoot,
  all,
}: {
  readonly hop: Hop;
  readonly isRoot: boolean;
  readonly all: ReadonlyMap<string, Hop>;
}) => {
  const ids = Object.entries(hop.ids);
  return (
    <li id={anchor(hop.id)} class={isRoot ? "root" : ""}>
      <details open={isRoot || hop.hop !== "entry"}>
        <summary>
          <Icon name={icons[hop.hop] ?? "link"} />
          <strong>{words(hop.hop)}</strong>
          {ids.map(([system, id]) => (
            <span key={system} class="tag">
              {system}: <span class="mono">{id}</span>
            </span>
          ))}
          {hop.personal && <span class="soft">may hold personal data</span>}
        </summary>
        <Says says={hop.says} />
        {hop.because.length > 0 && (
          <p class="because soft">
            because of{" "}
            {hop.because.map((id) => (
              <a
                key={id}
                href={`#${anchor(id)}`}
                onClick={(event) => {
                  event.preventDefault();
                  const target = document.getElementById(anchor(id));
                  const details = target?.querySelector("details");
                  if (details) details.open = true;
                  target?.scrollIntoView({ block: "center" });
                  target?.querySelector("summary")?.focus();
                }}
              >
                {words(all.get(id)?.hop ?? id)}
              </a>
            ))}
          </p>
        )}
      </details>
    </li>
  );
};

export default function ExplainPage({ search }: PageProps) {
  const [kind, id] = [search.get("kind") ?? "", search.get("id") ?? ""];
  const [cursor, setCursor] = useState<string | null>(null);
  const loaded = useLoad(
    (signal) =>
      kind === "" || id === ""
        ? Promise.resolve(null)
        : get<Answer>(`/v1/explain/${encodeURIComponent(kind)}/${encodeURIComponent(id)}`, { cursor }, signal),
    [kind, id, cursor],
  );
  if (kind === "" || id === "")
    return (
      <Empty title="Nothing is asked about">
        <p>Follow a “why” beside a figure, a document or a command.</p>
      </Empty>
    );
  return (
    <>
      <div class="page-head">
        <h1>
          Why: {words(kind)} <span class="mono">{id}</span>
        </h1>
        <p>Each hop before what it follows from, down to the bytes as they came.</p>
      </div>
      <Shown loaded={loaded} what="the explanation">
        {(answer) => {
          if (answer === null) return null;
          const all = new Map(answer.hops.map((hop) => [hop.id, hop]));
          return (
            <>
              <p class="totals">
                <strong>{plural(answer.hops.length, "hop")}</strong>
                <span class="soft">under the policy {answer.under.policy}</span>
                {answer.account !== null && <a href={accountHref(answer.account)}>The account</a>}
              </p>
              <ol class="hops">
                {answer.hops.map((hop) => (
                  <HopCard key={hop.id} hop={hop} isRoot={hop.id === answer.root} all={all} />
                ))}
              </ol>
              {answer.more.length > 0 && (
                <p>
                  Not all of it fits here:{" "}
                  {answer.more.map((one) => {
                    const [more, rest] = [one.slice(0, one.indexOf(" ")), one.slice(one.indexOf(" ") + 1)];
                    return (
                      <a key={one} href={addressOf("/explain", { kind: more, id: rest })}>
                        {one}
                      </a>
                    );
                  })}
                </p>
              )}
              {answer.nextCursor !== null && (
                <button type="button" onClick={() => setCursor(answer.nextCursor)}>
                  What else it is made of
                </button>
              )}
            </>
          );
        }}
      </Shown>
    </>
  );
}
