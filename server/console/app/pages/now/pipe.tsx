/** Whether it moves: how far the fold is, how old what waits is, and what is on its way. */
import type { ComponentChildren } from "preact";
import { countText, spanText } from "../../format.ts";
import type { NowAnswer } from "../../live.ts";
import { Icon, type IconName } from "../../ui/icon.tsx";

type Tone = "good" | "warn" | "bad" | "quiet";
const signs: Readonly<Record<Tone, IconName>> = { good: "check", warn: "clock", bad: "warn", quiet: "dot" };

const Tile = (props: {
  readonly name: string;
  readonly tone: Tone;
  readonly says: string;
  readonly children: ComponentChildren;
}) => (
  <div class={`tile ${props.tone}`}>
    <dt>{props.name}</dt>
    <dd>
      <span class="tile-figure">{props.children}</span>
      <span class="tile-says">
        <Icon name={signs[props.tone]} /> {props.says}
      </span>
    </dd>
  </div>
);

/** Milliseconds. What the alert rules call slow. */
const slow = 10_000;
const stalled = 60_000;
const toneOf = (ms: number): Tone => (ms >= stalled ? "bad" : ms >= slow ? "warn" : "good");
const saysOf = (ms: number, well: string): string => (ms >= stalled ? "stalled" : ms >= slow ? "slow" : well);

export const Pipe = ({ told: { pipe, commands } }: { readonly told: NowAnswer }) => {
  const lag = pipe.head - pipe.position;
  const of = (...states: ReadonlyArray<string>): number =>
    states.reduce((sum, state) => sum + (commands.states[state] ?? 0), 0);
  const [dead, held, waiting] = [of("rejected"), of("held"), of("pending", "retrying")];
  return (
    <section class="pipe" aria-label="Whether it moves">
      <dl>
        <Tile
          name="Event lag"
          tone={lag > 0 ? toneOf(pipe.oldestUnprocessedMs) : "good"}
          says={lag === 0 ? "caught up" : "behind"}
        >
          {countText(lag)}
        </Tile>
        <Tile
          name="Oldest unprocessed"
          tone={toneOf(pipe.oldestUnprocessedMs)}
          says={saysOf(pipe.oldestUnprocessedMs, pipe.oldestUnprocessedMs === 0 ? "nothing waits" : "moving")}
        >
          {pipe.oldestUnprocessedMs === 0 ? "–" : spanText(pipe.oldestUnprocessedMs)}
        </Tile>
        <Tile
          name="Oldest due command"
          tone={toneOf(pipe.oldestDueCommandMs)}
          says={saysOf(pipe.oldestDueCommandMs, pipe.oldestDueCommandMs === 0 ? "nothing is due" : "moving")}
        >
          {pipe.oldestDueCommandMs === 0 ? "–" : spanText(pipe.oldestDueCommandMs)}
        </Tile>
        <Tile name="Commands in flight" tone="quiet" says={`${countText(waiting)} waiting`}>
          {countText(commands.inFlight)}
        </Tile>
        <Tile
          name="Held for somebody"
          tone={held > 0 ? "warn" : "good"}
          says={held > 0 ? "approve or release" : "none"}
        >
          {countText(held)}
        </Tile>
        <Tile name="Dead letters" tone={dead > 0 ? "bad" : "good"} says={dead > 0 ? "refused by a target" : "none"}>
          {countText(dead)}
        </Tile>
      </dl>
    </section>
  );
};
