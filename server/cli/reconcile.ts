/** `tieout reconcile`: every difference between the systems, as it stands or after listing everything anew. Exit 1 where there is one. */
import { canonical, type Json } from "../../domain/canonical.ts";
import { toDecimal } from "../../domain/money.ts";
import { type Acting, withActs } from "./act.ts";
import { textOf } from "./arguments.ts";
import { settings } from "./settings.ts";

type Answer = Readonly<Record<string, Json>>;

interface Shown {
  readonly leg: string;
  readonly status: string;
  readonly account: string | null;
  readonly atRiskMinor: Readonly<Record<string, number>>;
  readonly owner: { readonly connection: string; readonly team: string | null };
  readonly cause: string;
  readonly act: { readonly says: string; readonly path: string | null } | null;
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 100));

const latest = async ({ ask }: Acting, leg: string | null): Promise<Answer> => {
  const items: Json[] = [];
  let cursor: string | null = null;
  for (;;) {
    const filters = { leg, statuses: null, account: null, currency: null, owner: null };
    const page = (await ask({ name: "reconciliation", ...filters, limit: 200, cursor })) as Answer;
    // Pages of something that is not compared yet would miss what comes.
    if (page["complete"] !== true) {
      await pause();
      continue;
    }
    items.push(...(page["items"] as ReadonlyArray<Json>));
    cursor = page["nextCursor"] as string | null;
    if (cursor === null) return { ...page, items };
  }
};

const pulled = async ({ act, ask }: Acting): Promise<Answer> => {
  const asked = { type: "control", topic: "run", verb: "reconcile", id: "", fields: { pull: true } } as const;
  const { id } = (await act(asked, "tieout reconcile --pull")) as { readonly id: string };
  let said = "";
  for (;;) {
    const run = (await ask({
      name: "reconciliationRun",
      id,
      leg: null,
      statuses: null,
      limit: 1,
      cursor: null,
    })) as Answer;
    if (run["state"] === "finished") return run;
    const doing = run["pulling"] === null ? "comparing" : `listing ${run["pulling"]}`;
    if (doing !== said) console.error(`tieout: ${doing}`);
    said = doing;
    await pause();
  }
};

const money = (amounts: Shown["atRiskMinor"]): string =>
  Object.entries(amounts)
    .map(([currency, minor]) => `${toDecimal(minor, currency)} ${currency}`)
    .join(", ") || "-";

export const run = async (values: Readonly<Record<string, string | boolean | undefined>>): Promise<number> => {
  const pull = values["pull"] === true;
  const config = await settings(values);
  const { answer, ran } = await withActs(config, !pull, async (acting) => ({
    ran: pull ? await pulled(acting) : null,
    answer: await latest(acting, textOf(values, "leg")),
  }));
  const items = answer["items"] as unknown as ReadonlyArray<Shown>;
  if (values["json"] === true) process.stdout.write(`${canonical({ ...answer, run: ran })}\n`);
  else {
    for (const { leg, status, atRiskMinor, owner, cause, act } of items) {
      console.log(`${leg}  ${status}  ${money(atRiskMinor)}  ${owner.team ?? owner.connection}`);
      console.log(`  ${cause}`);
      if (act !== null) console.log(`  → ${act.says}${act.path === null ? "" : `: POST ${act.path}`}`);
    }
    const matched = (answer["legs"] as ReadonlyArray<Answer>).reduce(
      (sum, leg) => sum + Number(leg["matched"] ?? 0),
      0,
    );
    console.log(`reconcile: ${items.length} differences, ${matched} lines matched, ${answer["accounts"]} accounts`);
  }
  return items.some(({ status }) => status !== "timing") ? 1 : 0;
};
