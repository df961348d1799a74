/** What every outbox and every list of due-records does, and that the ports behind the journal leave each other alone. */
import assert from "node:assert/strict";
import * as Effect from "effect/Effect";
import { type CommandRow, type CommandState, DueRecords, Outbox, Snapshots } from "../../../domain/ports/store.ts";
import type { Rule } from "../store.contract.ts";
import type { Steps } from "./run.ts";
import { sampleEntry } from "./samples.ts";

const command = (key: string, state: CommandState, body = "{}"): CommandRow => ({
  key,
  party: `party of ${key}`,
  target: "netsuite",
  state,
  body,
});
const keysOf = (rows: ReadonlyArray<CommandRow>): ReadonlyArray<string> => rows.map(({ key }) => key);
const sortedDue = async ({ due }: Steps) => [...(await due())].sort((a, b) => (a.party < b.party ? -1 : 1));

export const outboxContract = (rule: Rule): void => {
  rule("[S11] commands come by key, only in the states asked for, after a key, up to a limit", async (store) => {
    assert.deepEqual(await store.list(["pending"]), []);
    await store.saveCommands(
      command("e", "pending"),
      command("b", "acked"),
      command("a", "pending"),
      command("d", "unknown"),
      command("c", "pending"),
    );
    assert.deepEqual(keysOf(await store.list(["pending"])), ["a", "c", "e"]);
    assert.deepEqual(keysOf(await store.list(["unknown", "pending"])), ["a", "c", "d", "e"]);
    assert.deepEqual(keysOf(await store.list(["unknown", "pending"], "a", 2)), ["c", "d"]);
    assert.deepEqual(keysOf(await store.list(["pending", "pending"], "e")), []);
    assert.deepEqual(await store.list([]), []);
    assert.deepEqual(await store.list(["pending"], null, 0), []);
    assert.deepEqual(await store.list(["acked"]), [command("b", "acked")]);
  });

  rule(
    "[S11] the last row of a key wins, also within one save, and leaves no trace in its old state",
    async (store) => {
      await store.saveCommands(command("a", "pending", "1"), command("a", "sending", "2"));
      assert.deepEqual(await store.list(["pending"]), []);
      assert.deepEqual(await store.list(["sending"]), [command("a", "sending", "2")]);
      await store.saveCommands(command("a", "acked", "3"));
      assert.deepEqual(await store.list(["pending", "sending", "acked"]), [command("a", "acked", "3")]);
    },
  );

  rule("[S11] many commands are paged through without loss", async (store) => {
    const rows = Array.from({ length: 600 }, (_, i) =>
      command(`k${String(i).padStart(4, "0")}`, i % 3 ? "held" : "rejected"),
    );
    await store.saveCommands(...[...rows].reverse());
    const seen: Array<string> = [];
    while (true) {
      const page = await store.list(["held", "rejected"], seen.at(-1) ?? null, 250);
      if (page.length === 0) break;
      seen.push(...keysOf(page));
    }
    assert.deepEqual(seen, keysOf(rows));
  });

  rule("[S12] the last due-record of a party wins and null removes it, also within one save", async (store) => {
    assert.deepEqual(await store.due(), []);
    await store.saveDue({ party: "a", at: 5 }, { party: "b", at: 6 }, { party: "a", at: 7 });
    assert.deepEqual(await sortedDue(store), [
      { party: "a", at: 7 },
      { party: "b", at: 6 },
    ]);
    await store.saveDue(
      { party: "a", at: null },
      { party: "c", at: null },
      { party: "d", at: 1 },
      { party: "d", at: null },
    );
    assert.deepEqual(await sortedDue(store), [{ party: "b", at: 6 }]);
    await store.saveDue({ party: "b", at: null }, { party: "b", at: 0 }, { party: "e", at: Number.MAX_SAFE_INTEGER });
    assert.deepEqual(await sortedDue(store), [
      { party: "b", at: 0 },
      { party: "e", at: Number.MAX_SAFE_INTEGER },
    ]);
    await store.saveDue();
    assert.equal((await store.due()).length, 2);
  });

  rule("[S10] clearing one projection leaves the others and the journal", async (store) => {
    const fill = async (): Promise<void> => {
      await store.save({ through: 1, cells: [{ party: "p", cell: "c", body: "1" }] });
      await store.saveCommands(command("k", "pending"));
      await store.saveDue({ party: "p", at: 1 });
    };
    const counts = async (): Promise<ReadonlyArray<number>> => [
      (await store.run(Effect.flatMap(Snapshots, (snapshots) => snapshots.load(["p"])))).length,
      (await store.list(["pending"])).length,
      (await store.due()).length,
      await store.head(),
    ];
    await store.append(sampleEntry({ id: "evt_1" }));
    await fill();
    await store.run(Effect.flatMap(Snapshots, (snapshots) => snapshots.clear));
    assert.deepEqual(await counts(), [0, 1, 1, 1]);
    await fill();
    await store.run(Effect.flatMap(Outbox, (outbox) => outbox.clear));
    assert.deepEqual(await counts(), [1, 0, 1, 1]);
    await fill();
    await store.run(Effect.flatMap(DueRecords, (due) => due.clear));
    assert.deepEqual(await counts(), [1, 1, 0, 1]);
  });
};
