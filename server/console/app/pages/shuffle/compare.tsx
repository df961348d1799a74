/** How the account stands here, beside how it stands on the server: region by region, register by register, byte by byte. */
import { sha256 } from "../../../../../domain/hash.ts";
import { countText, plural } from "../../format.ts";
import { Badge } from "../../ui/badge.tsx";
import { Icon } from "../../ui/icon.tsx";
import type { Events, Standing } from "./fold.ts";

const regions = ["lifecycle", "subscription", "ledger", "cash", "sync"] as const;

interface CompareProps {
  readonly events: Events;
  readonly standing: Standing;
  /** After so many of so many deliveries. */
  readonly at: number;
  readonly of: number;
  /** The whole text that the folding came to; null: not at its end. */
  readonly text: string | null;
}

const bytes = (text: string): number => new TextEncoder().encode(text).length;

const Verdict = ({ events, standing, at, of, text }: CompareProps) => {
  if (standing.equal)
    return (
      <p class="verdict good" role="status">
        <Icon name="check" />
        {at === of ? "The same, byte for byte" : `The same already, after ${at} of ${of}`}
      </p>
    );
  if (at < of || text === null)
    return (
      <p class="verdict moving">
        <Icon name="flow" />
        {at === 0 ? "Nothing has arrived yet" : `Half-way, after ${at} of ${of}: it differs, as it must`}
      </p>
    );
  return (
    <p class="verdict bad" role="alert">
      <Icon name="warn" />
      Not the same. All events arrived and the state is another: please report this order with account {events.id}.
    </p>
  );
};

const Equal = ({ equal }: { readonly equal: boolean }) => (
  <span class={equal ? "equal good" : "equal soft"}>{equal ? "=" : "≠"}</span>
);

export const Compare = (props: CompareProps) => {
  const { events, standing, at, text } = props;
  const theirs = (JSON.parse(events.state) as { readonly regions: Readonly<Record<string, string>> }).regions;
  const { same, other, missing, waiting, apart, wanted } = standing;
  const all = same + other + missing;
  return (
    <section class="card compare" aria-label="This page beside the server">
      <Verdict {...props} />
      <table>
        <caption class="visually-hidden">Regions of the machine, here and on the server</caption>
        <thead>
          <tr>
            <th scope="col">Region</th>
            <th scope="col">Here, after {at}</th>
            <th scope="col">
              <span class="visually-hidden">Equal</span>
            </th>
            <th scope="col">The server</th>
          </tr>
        </thead>
        <tbody>
          {regions.map((region) => (
            <tr key={region}>
              <th scope="row">{region}</th>
              <td>
                <Badge state={standing.regions[region]} />
              </td>
              <td>
                <Equal equal={standing.regions[region] === theirs[region]} />
              </td>
              <td>
                <Badge state={theirs[region] ?? "–"} />
              </td>
            </tr>
          ))}
          <tr>
            <th scope="row">evidence</th>
            <td>
              <meter min={0} max={Math.max(1, all)} value={same} aria-label="Registers as the server has them" />{" "}
              {countText(same)}
            </td>
            <td>
              <Equal equal={same === all} />
            </td>
            <td>{plural(all, "register")}</td>
          </tr>
        </tbody>
      </table>
      <ul class="facts">
        {other > 0 && <li>{plural(other, "register")} with other content than in the end</li>}
        {missing > 0 && <li>{plural(missing, "register")} of which nothing has come</li>}
        {waiting > 0 && <li>{plural(waiting, "object")} waiting: whose they are is not known yet</li>}
        {apart > 0 && (
          <li>
            {plural(apart, "party", "parties")} not part of the account yet: the link between them is still to come
          </li>
        )}
        {wanted.length > 0 && (
          <li>
            It would ask for {plural(wanted.length, "change")} now:{" "}
            {wanted.slice(0, 3).map(({ verb, row, target, source }) => (
              <span key={`${row} ${verb} ${source}`} class="wanted">
                {verb} <strong>{row}</strong> in {target} <span class="mono soft">{source}</span>
              </span>
            ))}
            {wanted.length > 3 && `and ${wanted.length - 3} more`}
          </li>
        )}
      </ul>
      {text !== null && (
        <dl class="digests">
          <div>
            <dt>Here</dt>
            <dd class="mono">
              {countText(bytes(text))} bytes, sha-256 {sha256(text).slice(0, 16)}…
            </dd>
          </div>
          <div>
            <dt>Server, at entry {events.seq}</dt>
            <dd class="mono">
              {countText(bytes(events.state))} bytes, sha-256 {sha256(events.state).slice(0, 16)}…
            </dd>
          </div>
        </dl>
      )}
    </section>
  );
};

/** Where the stage went, with the number of the delivery that moved it. */
export const Walk = ({ standings, at }: { readonly standings: ReadonlyArray<Standing>; readonly at: number }) => {
  const stops: Array<{ readonly stage: string; readonly from: number }> = [];
  for (const [from, { regions: now }] of standings.slice(0, at + 1).entries())
    if (stops.at(-1)?.stage !== now.lifecycle) stops.push({ stage: now.lifecycle, from });
  return (
    <ol class="walk" aria-label="Stages so far">
      {stops.map(({ stage, from }) => (
        <li key={`${from} ${stage}`}>
          <span class="soft">{from === 0 ? "at first" : `${from}`}</span> <Badge state={stage} />
        </li>
      ))}
    </ol>
  );
};
