/** A document that we booked elsewhere than billing has it, since we had to, is no break; one that somebody moved is. */
import assert from "node:assert/strict";
import { test } from "vitest";
import { open } from "../../server/engine/intake.ts";
import { type Lab, makeLab } from "../periods/lab.ts";

/** NetSuite's script tells what happened there. */
const told = async (lab: Lab): Promise<void> => {
  lab.time.now += 5000;
  for (const event of lab.netsuite.drainEvents()) {
    const body = new TextEncoder().encode(JSON.stringify(event));
    await lab.run(lab.store.journal.append([open(lab.engine.systems.get("netsuite")!, body, lab.time.now).entry]));
  }
  await lab.rest();
};

/** Breaks of the invoices' leg, of every account. */
const breaks = async (lab: Lab): Promise<ReadonlyArray<readonly unknown[]>> => {
  const { live } = lab.engine;
  while (!(await lab.run(live.refresh(1000))));
  const lines = await Promise.all([...live.roots()].map((root) => lab.run(live.linesOf(root))));
  return lines
    .flat()
    .filter(({ leg }) => leg === "invoices")
    .flatMap((line) => line.breaks.map(({ status, ours, theirs }) => [status, ours, theirs]));
};

test("[RC19 P9] What is booked by the books' zone, or late since its period is closed, stands there by right; what a person moves does not", async () => {
  const lab = await makeLab();
  lab.invoice(Date.parse("2026-01-31T23:30:00Z"), 5000);
  await lab.deliver();
  await lab.rest();
  await lab.act("close", "2026-01", "default", true);
  await lab.act("close", "2026-02", "default", true);
  lab.invoice(Date.parse("2026-01-15T12:00:00Z"), 7000);
  await lab.deliver();
  await lab.rest();
  await told(lab);
  const documents = lab.netsuite.snapshot().docs.filter(({ recordType }) => recordType === "invoice");
  assert.deepEqual(
    documents.map(({ tranDate }) => tranDate?.slice(0, 7)),
    ["2026-02", "2026-03"],
  );
  // A document says where it is only once it is reported again.
  lab.time.now += 5000;
  for (const { internalId } of documents) lab.netsuite.operations.rename("invoice", internalId, `INV ${internalId}`);
  await told(lab);
  assert.deepEqual(await breaks(lab), []);
  lab.time.now += 5000;
  lab.netsuite.operations.rebook("invoice", documents[1]!.internalId, { postingPeriod: "2026-05" });
  await told(lab);
  assert.deepEqual(await breaks(lab), [["wrong-period", "2026-01", "2026-05"]]);
});
