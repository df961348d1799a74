/** One command: what is asked of the target, what became of it, and what was said word for word. */
import { addressOf, get } from "../../api.ts";
import { words } from "../../format.ts";
import { Badge } from "../../ui/badge.tsx";
import { Age, Instant } from "../../ui/figure.tsx";
import { Shown } from "../../ui/states.tsx";
import { useLoad } from "../../use-load.ts";
import { keptBy, plainError } from "./errors.ts";

export interface CommandItem {
  readonly key: string;
  readonly row: string;
  readonly target: string;
  readonly verb: string;
  readonly document: string;
  readonly source: string;
  readonly state: string;
  readonly hold: string | null;
  readonly blockedBy: string | null;
  readonly waiting: string | null;
  /** Epoch milliseconds; null: nothing is due. */
  readonly dueAt: number | null;
  readonly attempts: number;
  readonly lastError: string | null;
  readonly outsideId: string;
  readonly content: unknown;
}

interface Exchange {
  readonly at: number;
  readonly durationMs: number;
  readonly kind: "send" | "lookup";
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: unknown;
  };
  readonly answer: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: unknown;
  } | null;
}

const written = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value, null, 2));
const headerText = (headers: Readonly<Record<string, string>>): string =>
  Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join("\n");

const ExchangeView = ({ exchange }: { readonly exchange: Exchange }) => {
  const { at, kind, request, answer, durationMs } = exchange;
  return (
    <li class="exchange">
      <p>
        <b>{kind === "send" ? "Sent" : "Read back"}</b> <Instant at={at} />,{" "}
        {answer === null ? "no answer" : `answered ${answer.status}`} after {durationMs} ms
      </p>
      <h4>Request</h4>
      <pre>
        {request.method} {request.url}
        {`\n${headerText(request.headers)}`}
        {request.body === null ? "" : `\n\n${written(request.body)}`}
      </pre>
      {answer !== null && (
        <>
          <h4>Answer</h4>
          <pre>
            {answer.status}
            {`\n${headerText(answer.headers)}`}
            {answer.body === null ? "" : `\n\n${written(answer.body)}`}
          </pre>
        </>
      )}
    </li>
  );
};

export const CommandDetail = ({ commandKey }: { readonly commandKey: string }) => {
  const loaded = useLoad(
    async (signal) => {
      const [command, exchanges] = await Promise.all([
        get<CommandItem>(`/v1/commands/${commandKey}`, {}, signal),
        get<{ readonly items: ReadonlyArray<Exchange> }>(`/v1/commands/${commandKey}/exchanges`, {}, signal),
      ]);
      return { command, exchanges: exchanges.items };
    },
    [commandKey],
  );
  return (
    <Shown loaded={loaded} what="the command">
      {({ command, exchanges }) => {
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
            {exchanges.length === 0 ? (
              <p class="soft">
                Nothing was said to {command.target} since this server's start, or it was among more commands than are
                remembered.{" "}
                <a href={addressOf("/explain", { kind: "command", id: command.key })}>What the journal has of it</a>.
              </p>
            ) : (
              <ol class="exchanges">
                {exchanges.map((exchange) => (
                  <ExchangeView key={exchange.at} exchange={exchange} />
                ))}
              </ol>
            )}
            <form method="dialog">
              <button type="submit">Close</button>
            </form>
          </div>
        );
      }}
    </Shown>
  );
};
