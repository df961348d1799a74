/** The systems that are kept in agreement: whether each is heard and answers, what our documents refer to there, and under which policy. */

import { useEffect } from "preact/hooks";
import { get } from "../../api.ts";
import { plural } from "../../format.ts";
import { missed, now } from "../../live.ts";
import type { PageProps } from "../../paths.ts";
import { Shown } from "../../ui/states.tsx";
import { useLoad } from "../../use-load.ts";
import { ConnectionCard } from "./connection.tsx";
import { Mappings } from "./mappings.tsx";
import { Policies } from "./policies.tsx";
import type { Connections } from "./told.ts";

/** Ages and breakers move without any entry of the journal. Milliseconds. */
const everyMs = 5000;

export default function ConnectionsPage({ search }: PageProps) {
  const loaded = useLoad((signal) => get<Connections>("/v1/connections", {}, signal), [missed.value]);
  const moved = now.value?.commands;
  const key = moved === undefined ? "" : JSON.stringify(moved);
  useEffect(() => {
    if (loaded.value !== null) loaded.reload();
  }, [key]);
  useEffect(() => {
    const timer = setInterval(loaded.reload, everyMs);
    return () => clearInterval(timer);
  }, [loaded.reload]);
  return (
    <>
      <div class="page-head">
        <h1>Connections</h1>
        <p>
          {loaded.value === null
            ? "The systems that are kept in agreement."
            : `${plural(loaded.value.items.length, "system")}, under the policy ${loaded.value.policy}.`}
        </p>
      </div>
      <Shown loaded={loaded} what="connections">
        {({ items }) => (
          <ul class="connections" aria-label="Connections">
            {items.map((one) => (
              <ConnectionCard key={one.name} connection={one} onTested={loaded.reload} />
            ))}
          </ul>
        )}
      </Shown>
      <Mappings search={search} connections={loaded.value?.items ?? []} />
      <Policies search={search} />
    </>
  );
}
