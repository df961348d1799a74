/** Short words about what was just done: read out, shown for a while, put away by hand or by time. */
import { signal } from "@preact/signals";
import { Icon } from "./icon.tsx";

interface Toast {
  readonly id: number;
  readonly text: string;
  readonly tone: "good" | "bad";
}

const toasts = signal<ReadonlyArray<Toast>>([]);
let next = 1;
/** A failure stays until it is put away. Milliseconds. */
const shownMs = 6000;

const drop = (id: number): void => {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
};

export const say = (text: string, tone: Toast["tone"] = "good"): void => {
  const id = next++;
  toasts.value = [...toasts.value.slice(-3), { id, text, tone }];
  if (tone === "good") setTimeout(() => drop(id), shownMs);
};

export const Toasts = () => (
  <div class="toasts" role="status" aria-live="polite">
    {toasts.value.map(({ id, text, tone }) => (
      <div key={id} class={`toast ${tone}`}>
        <Icon name={tone === "good" ? "check" : "warn"} />
        <span>{text}</span>
        <button type="button" class="bare" aria-label="Put away" onClick={() => drop(id)}>
          <Icon name="cross" />
        </button>
      </div>
    ))}
  </div>
);
