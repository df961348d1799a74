/** Something that a person does: what it will do, what it needs to know, and why. Everything that speaks against it is told in place. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { ApiFailure } from "../api.ts";
import { Dialog } from "./dialog.tsx";
import { Failure } from "./states.tsx";
import { say } from "./toast.tsx";

interface ActDialogProps {
  readonly title: string;
  /** On the button: a verb. */
  readonly verb: string;
  /** What is said when it is done; null: whoever acts says it. */
  readonly done: string | null;
  readonly send: (reason: string) => Promise<void>;
  readonly onClose: () => void;
  /** Further fields, and words. */
  readonly children?: ComponentChildren;
  /** Something of the further fields is missing. */
  readonly isIncomplete?: boolean;
}

export const asFailure = (error: unknown): ApiFailure =>
  error instanceof ApiFailure
    ? error
    : new ApiFailure({ type: "page", status: 0, title: "This page broke", detail: String(error) });

export const ActDialog = ({ title, verb, done, send, onClose, children, isIncomplete = false }: ActDialogProps) => {
  const [reason, setReason] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<ApiFailure | null>(null);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (isBusy || isIncomplete || reason.trim() === "") return;
    setBusy(true);
    setFailure(null);
    try {
      await send(reason.trim());
      if (done !== null) say(done);
      onClose();
    } catch (error) {
      setFailure(asFailure(error));
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form class="act" onSubmit={(event) => void submit(event)}>
        {children}
        <label>
          Reason
          <textarea
            rows={2}
            value={reason}
            maxLength={1000}
            onInput={(event) => setReason(event.currentTarget.value)}
          />
          <span class="soft">It stands in the journal with your name, for whoever asks later.</span>
        </label>
        {failure !== null && <Failure failure={failure} />}
        <div class="act-buttons">
          <button type="button" onClick={onClose}>
            Leave it
          </button>
          <button type="submit" class="primary" disabled={isBusy || isIncomplete || reason.trim() === ""}>
            {isBusy ? "…" : verb}
          </button>
        </div>
      </form>
    </Dialog>
  );
};
