/** `tieout accounts`: every account, for a person or, canonically, for `diff`. */
import { canonical, type Json } from "../../domain/canonical.ts";
import { withData } from "./data.ts";
import { settings } from "./settings.ts";
import { needDirectory } from "./store.ts";

interface Report {
  readonly accounts: ReadonlyArray<{
    readonly id: string;
    readonly regions: Readonly<Record<string, string>>;
    readonly parties: ReadonlyArray<{
      readonly party: string;
      readonly evidence: Readonly<
        Record<string, { readonly observations: ReadonlyArray<{ readonly data: { readonly name?: string | null } }> }>
      >;
    }>;
  }>;
}

export const run = async (values: Readonly<Record<string, string | boolean | undefined>>): Promise<number> => {
  const config = await settings(values);
  needDirectory(config);
  const report = await withData<unknown>(config, {
    here: (host) => host.ask({ name: "report" }),
    there: (owner) => owner.ask("GET", "/internal/report"),
  });
  if (values["json"] === true) process.stdout.write(`${canonical(report as Json)}\n`);
  else process.stdout.write(table(report as unknown as Report));
  return 0;
};

const table = ({ accounts }: Report): string => {
  const head = ["ACCOUNT", "NAME", "STAGE", "SUBSCRIPTION", "LEDGER", "CASH", "SYNC"];
  const rows = accounts.map(({ id, regions, parties }) => [
    id,
    nameOf(parties),
    ...["lifecycle", "subscription", "ledger", "cash", "sync"].map((region) => regions[region] ?? ""),
  ]);
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
  const line = (row: ReadonlyArray<string>) =>
    `${row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join("  ")
      .trimEnd()}\n`;
  return [head, ...rows].map(line).join("");
};

const nameOf = (parties: Report["accounts"][number]["parties"]): string => {
  for (const { party, evidence } of parties) {
    const name = evidence[`account/${party.slice(party.indexOf(":") + 1)}`]?.observations.at(-1)?.data.name;
    if (name) return name;
  }
  return parties[0]?.party ?? "";
};
