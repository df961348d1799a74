/** What our documents refer to in a target, by the target's own ids: seen, set from a date on, and taken out again. */
import { useState } from "preact/hooks";
import { mappingNames } from "../../../../../domain/controls/mapping.ts";
import { get, post } from "../../api.ts";
import { words } from "../../format.ts";
import { missed } from "../../live.ts";
import { go, withSearch } from "../../router.ts";
import { ActDialog } from "../../ui/act.tsx";
import { instantIn } from "../../ui/bulk-acts.ts";
import { Instant, useClock } from "../../ui/figure.tsx";
import { Empty, Shown } from "../../ui/states.tsx";
import { Table } from "../../ui/table.tsx";
import { useLoad } from "../../use-load.ts";
import type { Connection, MappingList } from "./told.ts";

/** Names that are made with a word of the source's: a currency, a product. */
const made = {
  "currency:": { what: "a currency", word: "ISO 4217 code", of: (code: string) => code.trim().toUpperCase() },
  "item:": {
    what: "the item of one product",
    word: "The product, by its id at its source",
    of: (id: string) => id.trim(),
  },
} as const;
type Made = keyof typeof made;
const madeIn = (name: string): Made | null =>
  (Object.keys(made) as ReadonlyArray<Made>).find((beginning) => name.startsWith(beginning)) ?? null;

interface SetProps {
  readonly target: string;
  readonly name: string;
  readonly targets: ReadonlyArray<string>;
  readonly onSet: () => void;
}

const SetMapping = ({ target: first, name: firstName, targets, onSet }: SetProps) => {
  const [target, setTarget] = useState(first === "" ? (targets[0] ?? "") : first);
  const [name, setName] = useState<string>(madeIn(firstName) ?? (firstName || mappingNames[0]));
  const kind = madeIn(name);
  const [code, setCode] = useState(firstName.slice(madeIn(firstName)?.length ?? firstName.length));
  const [to, setTo] = useState("");
  const [isOut, setOut] = useState(false);
  const [from, setFrom] = useState("");
  const whole = kind === null ? name : `${kind}${made[kind].of(code)}`;
  return (
    <ActDialog
      title="Set a mapping"
      verb={isOut ? "Take it out" : "Set it"}
      done={`${whole} of ${target} is ${isOut ? "taken out" : `set to ${to.trim()}`}. What lacked it is sent again.`}
      isIncomplete={target === "" || (!isOut && to.trim() === "") || whole === kind}
      send={async (reason) => {
        const at = from === "" ? {} : { effectiveAt: instantIn(from) };
        await post("/v1/mappings", { target, name: whole, to: isOut ? null : to.trim(), ...at, reason });
        onSet();
      }}
      onClose={() => go(withSearch({ map: null, name: null }))}
    >
      <p>What was refused because it lacked this is sent again by itself, as soon as the mapping holds.</p>
      <label>
        Target
        <select value={target} onChange={(event) => setTarget(event.currentTarget.value)}>
          {targets.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </label>
      <label>
        What is mapped
        <select value={name} onChange={(event) => setName(event.currentTarget.value)}>
          {mappingNames.map((one) => (
            <option key={one} value={one}>
              {words(one.replace(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`))}
            </option>
          ))}
          {Object.entries(made).map(([beginning, { what }]) => (
            <option key={beginning} value={beginning}>
              {what}
            </option>
          ))}
        </select>
      </label>
      {kind !== null && (
        <label>
          {made[kind].word}
          <input value={code} autocomplete="off" onInput={(event) => setCode(event.currentTarget.value)} />
        </label>
      )}
      {!isOut && (
        <label>
          The target's own id
          <input value={to} autocomplete="off" onInput={(event) => setTo(event.currentTarget.value)} />
        </label>
      )}
      <label class="check">
        <input type="checkbox" checked={isOut} onChange={(event) => setOut(event.currentTarget.checked)} />
        Take it out: the configuration's counts again
      </label>
      <label>
        From when
        <input type="datetime-local" value={from} onInput={(event) => setFrom(event.currentTarget.value)} />
        <span class="soft">Left empty: from now on.</span>
      </label>
    </ActDialog>
  );
};

export const Mappings = ({
  search,
  connections,
}: {
  readonly search: URLSearchParams;
  readonly connections: ReadonlyArray<Connection>;
}) => {
  const at = useClock();
  const loaded = useLoad((signal) => get<MappingList>("/v1/mappings", {}, signal), [missed.value]);
  const targets = connections.filter(({ roles }) => roles.includes("erp")).map(({ name }) => name);
  const map = search.get("map");
  return (
    <section class="card mappings" aria-labelledby="mappings">
      <header>
        <h2 id="mappings">Mappings</h2>
        <span class="soft">what our documents refer to in a target; before what the configuration names</span>
        <a class="button" href={withSearch({ map: targets[0] ?? "netsuite" })}>
          Set a mapping…
        </a>
      </header>
      <Shown loaded={loaded} what="mappings">
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="None was set">
              <p>Documents refer to what the configuration names.</p>
            </Empty>
          ) : (
            <Table
              caption="Mappings"
              rows={items}
              keyOf={({ target, name }) => `${target} ${name}`}
              columns={[
                { head: "Target", cell: ({ target }) => target, tight: true },
                { head: "What", cell: ({ name }) => name, tight: true },
                {
                  head: "In force now",
                  cell: ({ to }) => (to === null ? <span class="soft">the configuration's</span> : <code>{to}</code>),
                  tight: true,
                },
                {
                  head: "Changes, the newest first",
                  cell: ({ changes }) => (
                    <ol class="changes">
                      {changes.toReversed().map((change) => (
                        <li key={change.position}>
                          <Instant at={change.effectiveAt} />
                          {change.effectiveAt > at && <span class="tag">to come</span>} →{" "}
                          {change.to === null ? "the configuration's" : <code>{change.to}</code>}{" "}
                          <span class="soft">
                            by {change.by}
                            {change.reason === null ? "" : `: ${change.reason}`}
                          </span>
                        </li>
                      ))}
                    </ol>
                  ),
                },
                {
                  head: "",
                  cell: ({ target, name }) => (
                    <a
                      class="button"
                      href={withSearch({ map: target, name })}
                      aria-label={`Change ${name} of ${target}`}
                    >
                      Change…
                    </a>
                  ),
                  tight: true,
                },
              ]}
            />
          )
        }
      </Shown>
      {map !== null && targets.length > 0 && (
        <SetMapping target={map} name={search.get("name") ?? ""} targets={targets} onSet={loaded.reload} />
      )}
    </section>
  );
};
