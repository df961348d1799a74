/** `tieout replay`: decode stored bytes again; what would change with --dry-run, else until it is done. Exit 1 where entries failed. */
import { canonical, type Json } from "../../domain/canonical.ts";
import { withActs } from "./act.ts";
import { textOf, UsageError } from "./arguments.ts";
import { settings } from "./settings.ts";

const names = ["event", "account", "connection", "type", "from", "to"] as const;

export const run = async (values: Readonly<Record<string, string | boolean | undefined>>): Promise<number> => {
  const filter: Record<string, Json> = {};
  for (const name of names) {
    const value = textOf(values, name);
    if (value !== null) filter[name] = value;
  }
  const position = textOf(values, "position");
  if (position !== null) {
    if (!/^\d{1,15}$/.test(position)) throw new UsageError("--position is a position of the journal");
    filter["position"] = Number(position);
  }
  if (values["undecodable"] === true) filter["undecodable"] = true;
  const dryRun = values["dry-run"] === true;
  const decoder = textOf(values, "decoder") ?? "current";
  if (decoder !== "current" && decoder !== "stored") throw new UsageError("--decoder is current or stored");
  const fields = { filter, dryRun, decoder };
  const reason = textOf(values, "reason") ?? "asked for on the command line";
  const answer = await withActs(await settings(values), true, async ({ act, ask }) => {
    const begun = (await act({ type: "control", topic: "replay", verb: "start", id: "", fields }, reason)) as Answer;
    if (dryRun) return begun;
    for (;;) {
      const job = (await ask({ name: "replay", id: String(begun["id"]), limit: 200, cursor: null })) as Answer;
      if (job["state"] !== "running") return job;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  });
  const counts = answer["counts"] as Readonly<Record<string, number>>;
  if (values["json"] === true) process.stdout.write(`${canonical(answer)}\n`);
  else {
    const other = counts["other"] ?? counts["corrected"] ?? 0;
    const verb = dryRun ? "would be corrected" : "corrected";
    console.log(
      `replay: ${counts["looked"]} entries decoded again, ${other} ${verb}, ${counts["same"]} the same, ${counts["failed"]} failed`,
    );
    for (const { position, detail } of answer["failures"] as unknown as ReadonlyArray<{
      position: number;
      detail: string;
    }>)
      console.log(`  entry ${position}: ${detail}`);
    if (dryRun) console.log(totalsText(answer["totals"]!));
  }
  return counts["failed"] === 0 ? 0 : 1;
};

type Answer = Readonly<Record<string, Json>>;

interface Totals {
  readonly accounts: number;
  readonly commands: { readonly new: number; readonly gone: number; readonly changed: number };
  readonly inverses: number;
  readonly regions: Readonly<Record<string, number>>;
  readonly moneyMinor: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly exceptions: { readonly opened: number; readonly closed: number };
}

/** What would be different, for a person. */
export const totalsText = (json: Json): string => {
  const { accounts, commands, inverses, regions, moneyMinor, exceptions } = json as unknown as Totals;
  const money = Object.entries(moneyMinor).flatMap(([target, sums]) =>
    Object.entries(sums).map(
      ([currency, sum]) => `  ${target}: ${sum > 0 ? "+" : ""}${sum} minor units of ${currency}`,
    ),
  );
  return [
    `${accounts} accounts would differ`,
    `commands: ${commands.new} new, ${commands.gone} gone, ${commands.changed} changed; ${inverses} would take something back`,
    `exceptions: ${exceptions.opened} opened, ${exceptions.closed} closed`,
    ...Object.entries(regions).map(([move, count]) => `  ${move}: ${count}`),
    ...money,
  ].join("\n");
};
