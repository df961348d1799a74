/** `tieout accounts`: every account, for a person or, canonically, for `diff`. */
import { canonical, type Json } from "../../domain/canonical.ts";
import type { HostFailure } from "../host/host.ts";
import { makeHost } from "../host/make.ts";
import { Failure } from "./failure.ts";
import { ownerOf } from "./owner.ts";
import { settings } from "./settings.ts";
import { needDirectory, quietRoom } from "./store.ts";

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
  const report = await read();
  if (values["json"] === true) process.stdout.write(`${canonical(report as Json)}\n`);
  else process.stdout.write(table(report as unknown as Report));
  return 0;

  async function read(): Promise<unknown> {
    const events = {
      log: (line: string) => console.error(`tieout: ${line}`),
      fatal: (reason: string) => console.error(`tieout: ${reason}`),
    };
    try {
      const host = await makeHost(quietRoom(config), events, "inline");
      try {
        return await host.ask({ name: "report" });
      } finally {
        await host.close(0);
      }
    } catch (failure) {
      const { code, reason } = failure as Partial<HostFailure>;
      if (code === undefined || reason === undefined) throw failure;
      if (code !== "in-use") throw new Failure(reason);
      return ownerOf(config.dataDir, reason).ask("GET", "/internal/report");
    }
  }
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
