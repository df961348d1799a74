/** What was said to a vendor about a command, and what it answered, word for word. */
import type { CommandExchanges } from "../../../exchanges/routes.ts";
import { addressOf, get } from "../api.ts";
import { countText } from "../format.ts";
import { useLoad } from "../use-load.ts";
import { Instant } from "./figure.tsx";
import { Shown } from "./states.tsx";

type Exchanges = typeof CommandExchanges.Type;

const textOf = (body: unknown): string => (typeof body === "string" ? body : JSON.stringify(body, null, 2));

const Exchange = ({ one }: { readonly one: Exchanges["items"][number] }) => {
  const { request, answer } = one;
  return (
    <li class="exchange">
      <details>
        <summary>
          <strong>{one.kind === "send" ? "sent" : "looked up"}</strong> <Instant at={one.at} />,{" "}
          {countText(one.durationMs)} ms,{" "}
          {answer === null ? <span class="bad">no answer</span> : `answered ${answer.status}`}
        </summary>
        <h4>Request</h4>
        <pre>
          {request.method} {request.url}
          {"\n"}
          {Object.entries(request.headers)
            .map(([name, value]) => `${name}: ${value}\n`)
            .join("")}
          {request.body === null ? "" : `\n${textOf(request.body)}`}
        </pre>
        <h4>Answer</h4>
        <pre>
          {answer === null
            ? "none came"
            : `${answer.status}\n${Object.entries(answer.headers)
                .map(([name, value]) => `${name}: ${value}\n`)
                .join("")}${answer.body === null ? "" : `\n${textOf(answer.body)}`}`}
        </pre>
      </details>
    </li>
  );
};

/** Since the server's start, newest first; what is older is in the journal. */
export const ExchangeList = ({ id, attempts }: { readonly id: string; readonly attempts: number }) => {
  const loaded = useLoad(
    (signal) => get<Exchanges>(`/v1/commands/${encodeURIComponent(id)}/exchanges`, {}, signal),
    [id, attempts],
  );
  return (
    <Shown loaded={loaded} what="requests and answers">
      {({ items }) =>
        items.length === 0 ? (
          <p class="soft">
            Nothing was said to the vendor about it since the server's start, or it was among more commands than are
            remembered. <a href={addressOf("/explain", { kind: "command", id })}>What the journal has of it</a>.
          </p>
        ) : (
          <ol class="exchanges">
            {items.toReversed().map((one) => (
              <Exchange key={`${one.at} ${one.kind}`} one={one} />
            ))}
          </ol>
        )
      }
    </Shown>
  );
};
