/** One command: what is asked of the target, what became of it, and what was said word for word. */

import { get } from "../../api.ts";
import { words } from "../../format.ts";
import { Badge } from "../../ui/badge.tsx";
import type { Command } from "../../ui/command-acts.tsx";
import { ExchangeList } from "../../ui/exchanges.tsx";
import { Age } from "../../ui/figure.tsx";
import { Shown } from "../../ui/states.tsx";
import { useLoad } from "../../use-load.ts";
import { keptBy, plainError } from "./errors.ts";

const written = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value, null, 2));

export const CommandDetail = ({ commandKey }: { readonly commandKey: string }) => {
  const loaded = useLoad((signal) => get<Command>(`/v1/commands/${commandKey}`, {}, signal), [commandKey]);
  return (
    <Shown loaded={loaded} what="the command">
      {(command) => {
        const plain = plainError(command.target, command.state, command.lastError);
        const kept = keptBy(command);
        return (
          <div class="command-detail">
            <p>
              <Badge state={command.state} /> {words(command.verb)} {words(command.document)} of {command.source}
            </p>
            {kept !== null && <p>{kept}</p>}
            {plain !== null && (
              <div class="plain-error">
                <p>
                  <b>{plain.what}</b> {plain.next}
                </p>
                {plain.said !== null && <blockquote>{plain.said}</blockquote>}
              </div>
            )}
            <dl class="pairs">
              <div>
                <dt>Attempts</dt>
                <dd>{command.attempts}</dd>
              </div>
              {command.dueAt !== null && (
                <div>
                  <dt>Next try</dt>
                  <dd>
                    <Age from={command.dueAt} />
                  </dd>
                </div>
              )}
              <div>
                <dt>Outside id</dt>
                <dd class="mono">{command.outsideId}</dd>
              </div>
              <div>
                <dt>Key</dt>
                <dd class="mono">{command.key}</dd>
              </div>
            </dl>
            <h3>What is asked for</h3>
            <pre>{written(command.content)}</pre>
            <h3>Word for word</h3>
            <ExchangeList id={command.key} attempts={command.attempts} />
            <form method="dialog">
              <button type="submit">Close</button>
            </form>
          </div>
        );
      }}
    </Shown>
  );
};
