/** The few pictures: beside a word, never in place of one, so that no screen reader is told of them. */

const shapes = {
  pulse: "M2 8h3l2-5 3 10 2-5h2",
  search: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9ZM10.5 10.5 14 14",
  check: "m3 8.5 3.5 3.5L13 4.5",
  cross: "m4 4 8 8m0-8-8 8",
  warn: "M8 2 1.5 13.5h13L8 2Zm0 4.5v3.2m0 1.8v.2",
  flow: "M2 4h5v8h7M11 9l3 3-3 3",
  pause: "M5.5 3.5v9m5-9v9",
  clock: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2Zm0 2.8V8l2.4 1.6",
  dot: "M8 6.5a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3Z",
  link: "M6.5 9.5 9.5 6.5M7.5 4.5l1-1a3 3 0 0 1 4.2 4.2l-1 1m-3.2 2.8-1 1a3 3 0 0 1-4.2-4.2l1-1",
  inbox: "M2 9.5 4 3h8l2 6.5V13H2V9.5Zm0 0h3.5l1 1.5h3l1-1.5H14",
  send: "M14 2 2 7l4.5 2L14 2ZM14 2 9 14l-2.5-5",
  scale: "M8 2v11M4 13h8M3 5h10M3 5 1 9.5h4L3 5Zm10 0-2 4.5h4L13 5Z",
  chart: "M2 13.5h12M4 11V7m4 4V3m4 8V8.5",
  plug: "M6 2v3m4-3v3M4 5h8v2.5a4 4 0 0 1-8 0V5Zm4 6.5V14",
  shuffle: "M2 4.5h2.5l5 7H14m0 0-2-2m2 2-2 2M2 11.5h2.5l1.2-1.7M14 4.5H9.5L8.3 6.2M14 4.5l-2-2m2 2-2 2",
  grip: "M6 4h.01M10 4h.01M6 8h.01M10 8h.01M6 12h.01M10 12h.01",
  play: "M5 3.5v9l7-4.5-7-4.5Z",
  sun: "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6Zm0-3.5v1m0 11v1M1.5 8h1m11 0h1M3.4 3.4l.7.7m7.8 7.8.7.7m0-9.2-.7.7m-7.8 7.8-.7.7",
  person: "M8 2.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5ZM3 14c.5-3 2.4-4.5 5-4.5s4.5 1.5 5 4.5",
} as const;

export type IconName = keyof typeof shapes;

export const Icon = ({ name }: { readonly name: IconName }) => (
  <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
    <path d={shapes[name]} />
  </svg>
);
