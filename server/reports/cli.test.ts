/** `tieout report` over a directory that nobody serves. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { afterAll, it } from "vitest";
import { UsageError } from "../cli/arguments.ts";
import { run } from "../cli/report.ts";
import { scratch, within } from "../operators/testing/company.ts";

const { folder, remove } = scratch();
afterAll(remove);

/** What it printed on both outputs. */
const printed = async (values: Parameters<typeof run>[0]): Promise<{ readonly out: string; readonly err: string }> => {
  const [write, error] = [process.stdout.write, console.error];
  let [out, err] = ["", ""];
  process.stdout.write = ((text: string) => {
    out += text;
    return true;
  }) as typeof process.stdout.write;
  console.error = (text: string) => {
    err += `${text}\n`;
  };
  try {
    assert.equal(await run(values), 0);
  } finally {
    process.stdout.write = write;
    console.error = error;
  }
  return { out, err };
};

it("[BR8] the command line prints a report as a table, CSV or JSON, and says what it leaves out", async () => {
  const dataDir = join(folder, "data");
  await within(dataDir, async ({ invoiced, deliver, server, tell }) => {
    const { invoice } = invoiced(12_345);
    await deliver();
    server.sandbox!.stripe.operations.payInvoice(invoice);
    // The charge turns out to be in another currency than its invoice.
    const events = server.sandbox!.stripe.drainEvents() as ReadonlyArray<{
      readonly type: string;
      readonly data: { readonly object: object };
    }>;
    await tell(
      events.map((event) =>
        event.type === "charge.succeeded"
          ? { ...event, data: { object: { ...event.data.object, currency: "eur" } } }
          : event,
      ),
    );
  });
  const asked = { NAME: "trial-balance", "data-dir": dataDir };
  const csv = await printed({ ...asked, csv: true });
  const [head, ...lines] = csv.out.trimEnd().split("\n");
  assert.equal(head, "entity,currency,accountNumber,role,debitMinor,creditMinor,balanceMinor,basis,owner");
  assert.equal(lines[0], "default,USD,1000,Cash,12345,0,12345,expected,revenue");
  assert.match(csv.err, /left out: stripe:payment\/\S+: it is in EUR, and the invoice \S+ in USD/);
  const json = JSON.parse((await printed({ ...asked, json: true })).out);
  assert.deepEqual([json.unstated.total, json.unstated.moneyMinor], [1, { EUR: 12_345 }]);
  const table = await printed({ ...asked });
  assert.match(table.out, /^Trial balance as of .*expected, the word is revenue's\nentity +currency/);
  assert.match(table.out, /left out: 1 \(12345 EUR\)/);
  for (const wrong of [{ NAME: "nothing" }, {}, { ...asked, csv: true, json: true }, { ...asked, from: "2026-01" }])
    await assert.rejects(run(wrong), UsageError);
});
