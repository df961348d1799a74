/** A state as a word with a sign: the colour only repeats what both say. */
import { words } from "../format.ts";
import { Icon, type IconName } from "./icon.tsx";

/** How something stands with people: nothing to do, on its way, to be looked at, wrong; or nothing of that. */
export type Tone = "good" | "moving" | "warn" | "bad" | "quiet";

const tones: Readonly<Record<Tone, ReadonlyArray<string>>> = {
  good: ["paid", "recognized", "posted", "settled", "agreed", "active", "acked", "matched", "ok", "finished"],
  moving: ["propagating", "posting", "pending", "sending", "retrying", "trialing", "running", "reversing", "timing"],
  warn: [
    "due",
    "partial",
    "past_due",
    "held",
    "unknown",
    "paused",
    "snoozed",
    "drifting",
    "at-risk",
    "invoiced",
    "open",
  ],
  bad: ["parked", "blocked", "disputed", "rejected", "breached", "stalled", "failed", "uncollectible"],
  quiet: [],
};

const signs: Readonly<Record<Tone, IconName>> = {
  good: "check",
  moving: "flow",
  warn: "clock",
  bad: "warn",
  quiet: "dot",
};

export const toneOf = (state: string): Tone =>
  (Object.keys(tones) as ReadonlyArray<Tone>).find((tone) => tones[tone].includes(state)) ?? "quiet";

export const Badge = ({ state, tone = toneOf(state) }: { readonly state: string; readonly tone?: Tone }) => (
  <span class={`badge ${tone}`}>
    <Icon name={signs[tone]} />
    {words(state)}
  </span>
);
