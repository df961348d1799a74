/** What a person may do with one command now, and how it stands: the API says which acts there are. */
import { useState } from "preact/hooks";
import type { CommandItem } from "../../../operators/answers.ts";
import { addressOf, get, post } from "../api.ts";
import { words } from "../format.ts";
import { touched } from "../live.ts";
import { useLoad } from "../use-load.ts";
import { ActDialog } from "./act.tsx";
import { Badge } from "./badge.tsx";
import { Shown } from "./states.tsx";

export type Command = typeof CommandItem.Type;
export type CommandVerb = "retry" | "cancel" | "approve";

export const commandActs: Readonly<
  Record<CommandVerb, { readonly verb: string; readonly title: string; readonly done: string; readonly what: string }>
> = {
  retry: {
    verb: "Send again",
    title: "Send the command again",
    done: "It is sent again.",
    what: "It goes at once, or after what it waits for. It is the same request: what was done by it is not done twice.",
  },
  cancel: {
    verb: "Take back",
    title: "Take the command back",
    done: "It is taken back.",
    what: "It is not sent, and its exception closes. Other content of its source is another command, which asks anew.",
  },
  approve: {
    verb: "Approve",
    title: "Let the command go",
    done: "It is approved.",
    what: "It is sent, once, with exactly this content.",
  },
};

/** The buttons, and the question that each asks. */
export const CommandButtons = ({
  command,
  onActed,
}: {
  readonly command: Command;
  readonly onActed: (after: Command) => void;
}) => {
  const [act, setAct] = useState<CommandVerb | null>(null);
  const possible = (Object.keys(commandActs) as ReadonlyArray<CommandVerb>).filter((verb) =>
    command.acts.includes(verb),
  );
  return (
    <>
      {possible.length > 0 && (
        <div class="act-row">
          {possible.map((verb) => (
            <button key={verb} type="button" class={verb === "approve" ? "primary" : ""} onClick={() => setAct(verb)}>
              {commandActs[verb].verb}…
            </button>
          ))}
        </div>
      )}
      {act !== null && (
        <ActDialog
          title={commandActs[act].title}
          verb={commandActs[act].verb}
          done={commandActs[act].done}
          onClose={() => setAct(null)}
          send={async (reason) => {
            const path = `/v1/commands/${encodeURIComponent(command.key)}/${act}`;
            onActed(await post<Command>(path, { reason }));
          }}
        >
          <p>
            {words(command.verb)} the {words(command.document)} for <span class="mono">{command.source}</span> in{" "}
            {command.target}. {commandActs[act].what}
          </p>
        </ActDialog>
      )}
    </>
  );
};

/** One command within something else that tells of it. */
export const CommandActs = ({ command: key, onActed }: { readonly command: string; readonly onActed: () => void }) => {
  const loaded = useLoad(
    (signal) => get<Command>(`/v1/commands/${encodeURIComponent(key)}`, {}, signal),
    [key, touched.value?.seq],
  );
  return (
    <section class="command-inside" aria-label="The command">
      <Shown loaded={loaded} what="the command">
        {(command) => (
          <>
            <p>
              <Badge state={command.state} /> <a href={addressOf("/commands", { key })}>{command.row}</a> to{" "}
              {command.target}
              {command.lastError !== null && <span class="soft">: {command.lastError}</span>}
            </p>
            <CommandButtons
              command={command}
              onActed={() => {
                loaded.reload();
                onActed();
              }}
            />
          </>
        )}
      </Shown>
    </section>
  );
};
