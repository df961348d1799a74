/** `tieout bulk`: one act on everything that a filter finds, on the running server; without --yes its preview. Exit 1 where items failed. */
import { canonical, type Json } from "../../domain/canonical.ts";
import { bulkActs } from "../../domain/controls/bulk.ts";
import { withActs } from "./act.ts";
import { textOf, UsageError } from "./arguments.ts";
import { settings } from "./settings.ts";

const filters = ["state", "target", "account", "type", "owner", "currency", "stage", "q"] as const;
type Answer = Readonly<Record<string, Json>>;

export const run = async (values: Readonly<Record<string, string | boolean | undefined>>): Promise<number> => {
  const name = textOf(values, "ACT");
  if (name === null || !(bulkActs as ReadonlyArray<string>).includes(name))
    throw new UsageError(`bulk ACT, where ACT is one of ${bulkActs.join(", ")}`);
  const reason = textOf(values, "reason");
  if (reason === null) throw new UsageError("--reason says why, for whoever asks later");
  const filter = Object.fromEntries(
    filters.flatMap((one) => (textOf(values, one) === null ? [] : [[one, textOf(values, one)!] as const])),
  );
  const until = textOf(values, "until");
  if (until !== null && !Number.isFinite(Date.parse(until)))
    throw new UsageError("--until is an instant, 2026-01-31T00:00:00Z");
  const asked = {
    act: name,
    filter,
    assignee: textOf(values, "assignee"),
    until: until === null ? null : Date.parse(until),
  };
  const answer = await withActs(await settings(values), false, async ({ act, ask }) => {
    const start = (fields: Answer) =>
      act({ type: "control", topic: "bulk", verb: "start", id: "", fields }, reason) as Promise<Answer>;
    const preview = await start({ ...asked, dryRun: true, previewToken: null });
    if (values["yes"] !== true) return preview;
    const begun = await start({ ...asked, dryRun: false, previewToken: preview["previewToken"]! });
    for (;;) {
      const job = (await ask({ name: "bulk", id: String(begun["id"]), limit: 200, cursor: null })) as Answer;
      if (job["state"] === "ended" || job["state"] === "stopped") return job;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  });
  if (values["json"] === true) process.stdout.write(`${canonical(answer)}\n`);
  else if (answer["dryRun"] === true)
    console.log(`${answer["count"]} items, ${canonical(answer["moneyMinor"]!)} in minor units; add --yes to do it`);
  else {
    console.log(`${name}: ${answer["succeeded"]} of ${answer["count"]} items came through, ${answer["failed"]} failed`);
    for (const { item, state, detail } of answer["failures"] as unknown as ReadonlyArray<Record<string, string>>)
      console.log(`  ${item}: ${state}: ${detail}`);
  }
  return answer["failed"] === undefined || answer["failed"] === 0 ? 0 : 1;
};
