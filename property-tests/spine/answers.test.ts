/** The table of answers is what the code does, and every class of answer was brought about. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { it } from "vitest";
import { document, table } from "./answers-table.ts";

it("[SP14 P5 P7] each answer class of each vendor for each call: the document is current, nothing is made twice, nothing that was put right stays refused", async () => {
  const rows = await table();
  const path = fileURLToPath(new URL("../../docs/answers.md", import.meta.url));
  assert.equal(
    readFileSync(path, "utf8"),
    document(rows),
    "docs/answers.md is not what the code does: node --import tsx property-tests/spine/answers.ts",
  );
  assert.deepEqual(
    rows.filter(({ end }) => end.includes("twice")),
    [],
  );
  for (const vendor of ["stripe", "netsuite", "salesforce"]) {
    const answers = rows.filter((row) => row.vendor === vendor).map(({ answer }) => answer.split(/[ ,]/)[0]);
    for (const kind of ["done", "transient", "throttled", "unknown", "fixable", "impossible", "nothing"])
      assert.ok(answers.includes(kind), `${vendor} never answered ${kind}`);
  }
  for (const row of rows) {
    const { answer, engine, exception, end, verb } = row;
    if (!["post", "update", "reverse"].includes(verb) || answer === "—") continue;
    const where = `${row.vendor} ${verb} ${row.trouble}`;
    if (answer === "unknown outcome") assert.equal(engine, "unknown; read back in 5 s", where);
    if (answer === "transient" || answer.startsWith("throttled")) assert.match(engine, /^retrying/, where);
    if (/^(fixable|impossible)/.test(answer)) assert.deepEqual([engine, exception], ["rejected", "rejected"], where);
    else assert.equal(end, "acked, once", where);
  }
});
