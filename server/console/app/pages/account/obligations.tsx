/** What each system should hold, and how far that has come: attempts, the next try, why it waits, what the vendor said. */
import { useState } from "preact/hooks";
import type { Account } from "../../../../openapi/answers.ts";
import { get } from "../../api.ts";
import { plural, words } from "../../format.ts";
import { Badge } from "../../ui/badge.tsx";
import type { Command } from "../../ui/command-acts.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Age } from "../../ui/figure.tsx";
import { Empty } from "../../ui/states.tsx";
import { Table } from "../../ui/table.tsx";
import { useLoad } from "../../use-load.ts";
import { CommandDetail } from "./command.tsx";
import { keptBy, plainError } from "./errors.ts";
import { objectWords } from "./lines.ts";

type AccountAnswer = typeof Account.Type;
type Obligation = AccountAnswer["obligations"][number];

const open = "pending,sending,retrying,unknown,rejected,held";
const shownFirst = 12;
const urgency = ["rejected", "unknown", "retrying", "held", "sending", "pending"];
const rank = ({ state }: Obligation): number => {
  const at = urgency.indexOf(state);
  return at < 0 ? urgency.length : at;
};

interface ObligationsProps {
  readonly account: AccountAnswer;
  readonly isPast: boolean;
  readonly round: number;
}

export const Obligations = ({ account, isPast, round }: ObligationsProps) => {
  const [all, setAll] = useState(false);
  const [opened, setOpened] = useState<Obligation | null>(null);
  const moving = useLoad(
    (signal) =>
      get<{ readonly items: ReadonlyArray<Command> }>(
        "/v1/commands",
        { account: account.id, state: open, limit: 200 },
        signal,
      ),
    [account.id],
    round,
  );
  const commands = new Map((isPast ? [] : (moving.value?.items ?? [])).map((one) => [one.key, one]));
  const sorted = [...account.obligations].sort((a, b) => rank(a) - rank(b));
  const undone = sorted.filter(({ state }) => state !== "acked").length;
  const shown = all ? sorted : sorted.slice(0, Math.max(shownFirst, undone));
  return (
    <section class="card" aria-labelledby="account-obligations">
      <header>
        <h2 id="account-obligations">Obligations</h2>
        <span class="soft">
          {undone === 0
            ? "every system holds what it should"
            : `${undone} of ${account.obligations.length} not there yet`}
        </span>
      </header>
      {sorted.length === 0 ? (
        <Empty title="No system owes anything" />
      ) : (
        <Table
          caption="Obligations, what is not there yet first"
          rows={shown}
          keyOf={({ key }) => key}
          onOpen={setOpened}
          classOf={({ state }) => (state === "rejected" ? "differs" : "")}
          columns={[
            {
              head: "What",
              cell: (one) => (
                <button type="button" class="link" tabIndex={-1} onClick={() => setOpened(one)}>
                  {words(one.row.replace(".", " "))}
                </button>
              ),
              tight: true,
            },
            { head: "Of", cell: ({ source }) => objectWords(source), tight: true },
            { head: "In", cell: ({ target }) => target, tight: true },
            {
              head: "State",
              cell: ({ verb, state }) => (
                <>
                  <Badge state={state} /> {verb !== "post" && <span class="soft">{verb}</span>}
                </>
              ),
              tight: true,
            },
            { head: "Attempts", cell: ({ attempts }) => attempts, figure: true },
            {
              head: "Next try",
              cell: ({ key }) => {
                const dueAt = commands.get(key)?.dueAt ?? null;
                return dueAt === null ? <span class="soft">–</span> : <Age from={dueAt} />;
              },
              figure: true,
            },
            {
              head: "Why",
              cell: (one) => {
                const command = commands.get(one.key);
                const plain = plainError(one.target, one.state, one.lastError);
                const kept = keptBy({ hold: null, waiting: null, ...command, blockedBy: one.blockedBy });
                return (
                  <>
                    {kept !== null && <span>{kept}</span>}
                    {plain !== null && (
                      <span>
                        {plain.what} {plain.said !== null && <span class="soft">“{plain.said}”</span>}
                      </span>
                    )}
                  </>
                );
              },
            },
          ]}
        />
      )}
      {shown.length < sorted.length && (
        <p class="more">
          <button type="button" onClick={() => setAll(true)}>
            Show {plural(sorted.length - shown.length, "more", "more")} that are done
          </button>
        </p>
      )}
      {opened !== null && (
        <Dialog title={`${words(opened.row.replace(".", " "))} · ${opened.target}`} onClose={() => setOpened(null)}>
          <CommandDetail commandKey={opened.key} />
        </Dialog>
      )}
    </section>
  );
};
