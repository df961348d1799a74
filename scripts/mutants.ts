/**
 * Plants one fault at a time in a copy of the project and expects a test to fail: every guard of the chart, the tie rule, the
 * read-back, each inverse and the other rules that hold the promises. `npm run test:mutants` writes the table in docs/mutants.md.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly find: string;
  /** Which of several equal places; from 0. */
  readonly nth?: number;
  readonly replace: string;
  readonly tests: ReadonlyArray<string>;
}

const laws = ["property-tests/laws"];
const effects = ["property-tests/orders.test.ts", "property-tests/simulation/first.test.ts"];

const guards = (): ReadonlyArray<Mutant> => {
  const file = "machines/account.machine.ts";
  const text = readFileSync(file, "utf8");
  const found = [...text.matchAll(/guard: "(\w+)", (?=target)/g)];
  return found.map((match, nth) => ({
    name: `guard ${match[1]} (transition ${nth + 1} of ${found.length})`,
    file,
    find: match[0],
    nth: found.slice(0, nth).filter((other) => other[0] === match[0]).length,
    replace: "",
    tests: ["property-tests/laws/machine.test.ts"],
  }));
};

const rules: ReadonlyArray<Mutant> = [
  {
    name: "the actor's address",
    file: "machines/account.machine.ts",
    find: 'guard: "addressed", ',
    replace: "",
    tests: ["property-tests/laws/machine.test.ts"],
  },
  {
    name: "tie rule: trust is ignored, a tie goes to one side",
    file: "domain/register.ts",
    find: "a.at - b.at >= Math.max(a.trust, b.trust)",
    replace: "a.at >= b.at",
    tests: laws,
  },
  {
    name: "tie rule: both kept, but not marked ambiguous",
    file: "domain/register.ts",
    find: "if (text !== smallest) ambiguous = true;",
    replace: "",
    tests: laws,
  },
  {
    name: "domain order is ignored",
    file: "domain/register.ts",
    find: "order === undefined || a === b || isAbove(order, a, b)",
    replace: "true",
    tests: laws,
  },
  {
    name: "clock alone drops a lower status",
    file: "domain/register.ts",
    find: "y.at >= x.at && atLeast(order, y.status, x.status) &&",
    replace: "y.at >= x.at &&",
    tests: laws,
  },
  {
    name: "a re-read does not remove what is older",
    file: "domain/register.ts",
    find: "if (readAt !== null && x.at < readAt) continue;",
    replace: "",
    tests: laws,
  },
  {
    name: "re-reads are never asked for",
    file: "domain/party.ts",
    find: "if (!asked || asked.through < through) result.push({ subject, through });",
    replace: "",
    tests: effects,
  },
  {
    name: "read-back: an unclear outcome is sent again at once",
    file: "server/engine/engine.ts",
    find: "? lookup(job.id, job.open)",
    replace:
      '? record({ type: "command.absent", party: job.open.party, slot: job.open.planned.slot, key: job.open.planned.key })',
    tests: effects,
  },
  {
    name: "read-back: taken as done without asking",
    file: "server/engine/engine.ts",
    find: "const receipt = answer.right;",
    replace: 'const receipt = answer.right ?? { foreignId: "0", content: {} };',
    tests: effects,
  },
  {
    name: "settle window: read back before the vendor is done",
    file: "server/engine/engine.ts",
    find: 'return yield* record({ type: "command.unknown", ...base, nextAt: now + settleWindow(system) });',
    replace: 'return yield* record({ type: "command.unknown", ...base, nextAt: now });',
    tests: effects,
  },
  {
    name: "claim: sent without asking the journal who was first",
    file: "server/engine/engine.ts",
    find: "if (!claimedByUs(open)) return;",
    replace: "",
    tests: effects,
  },
  {
    name: "inverses: none is planned",
    file: "domain/plan.ts",
    find: '"drop" : "nothing"',
    replace: '"nothing" : "nothing"',
    tests: effects,
  },
  ...(["receivable", "credit_memo", "cash_application", "refund", "chargeback"] as const).map((kind) => ({
    name: `inverse of the ${kind}`,
    file: "domain/plan.ts",
    find: 'slot.held && slot.kind !== "customer" ? "drop"',
    replace: `slot.held && slot.kind !== "customer" && slot.kind !== "${kind}" ? "drop"`,
    tests: effects,
  })),
  {
    name: "generation: an inverse does not count",
    file: "domain/ledger.ts",
    find: "slot.generation + (own ? 1 : 0)",
    replace: "slot.generation",
    tests: effects,
  },
  {
    name: "hand-over: a movement named late is sent as well",
    file: "domain/hand-over.ts",
    find: 'want === "post" &&',
    replace: "false &&",
    tests: effects,
  },
  {
    name: "order: a document goes out before what it applies to",
    file: "domain/plan.ts",
    find: "if (wish.on !== null) {",
    replace: "if (wish.on === null) {",
    tests: effects,
  },
  {
    name: "command key: A→B→A is two commands",
    file: "domain/plan.ts",
    find: "commandKey(outside, verb, content, slot.lastKey)",
    replace: "commandKey(outside, verb, {}, null)",
    tests: laws,
  },
  {
    name: "shortfall: a paid invoice without movement has no cash",
    file: "domain/movement.ts",
    find: "if (shortfall > 0) payments.push",
    replace: "if (shortfall < 0) payments.push",
    tests: [...laws, ...effects],
  },
  {
    name: "refunds do not lower what is settled",
    file: "domain/movement.ts",
    find: "sum(payments) - sum(refunds) - sum(chargebacks)",
    replace: "sum(payments) - sum(chargebacks)",
    tests: [...laws, ...effects],
  },
  {
    name: "a refund that failed still counts",
    file: "domain/movement.ts",
    find: 'if (value.status !== "succeeded" || value.currency',
    replace: "if (value.currency",
    tests: effects,
  },
  {
    name: "two currencies are added",
    file: "domain/movement.ts",
    find: "if (data.currency !== invoice.currency) {",
    replace: "if (false) {",
    tests: laws,
  },
  {
    name: "what waited for its party stays behind",
    file: "server/engine/core.ts",
    find: "for (const follower of [...followers]) this.settle(follower, party);",
    replace: "void followers;",
    tests: effects,
  },
  {
    name: "deduplication and hand-overs: a snapshot forgets slots",
    file: "domain/party.ts",
    find: "this.dirty.add(`slot/",
    replace: "void (`slot/",
    tests: effects,
  },
  {
    name: "a snapshot is not complete: objects are forgotten",
    file: "domain/party.ts",
    find: "    this.dirty.add(cell);\n    this.track(subjectOfCell(cell), invoices);",
    replace: "    this.track(subjectOfCell(cell), invoices);",
    tests: effects,
  },
  {
    name: "links are not followed",
    file: "domain/link.ts",
    find: "    at = next;",
    replace: "    return party;",
    tests: laws,
  },
];

const spine = ["orders", "laws", "golive"].map((name) => `property-tests/spine/${name}.test.ts`);

const spineRules: ReadonlyArray<Mutant> = [
  {
    name: "field-wise: every field is taken for one",
    file: "domain/observation.ts",
    find: "data[fieldOf(cell)!] =",
    replace: 'data["name"] =',
    tests: [...spine, "adapters/salesforce"],
  },
  {
    name: "a gap is not asked for",
    file: "server/engine/core.ts",
    find: "this.askLater(entry.connection, subject, entry.at);",
    replace: "void subject;",
    tests: spine,
  },
  {
    name: "separate: an operator's null target claims nothing",
    file: "domain/link.ts",
    find: 'claim.target !== null || claim.rank === "operator"',
    replace: "claim.target !== null",
    tests: [...laws, ...spine],
  },
  {
    name: "peers: the parties of an account are not introduced",
    file: "server/engine/core.ts",
    find: "members.filter((party) => party.meet(peers))",
    replace: "members.filter((party) => party.meet(noPeers))",
    tests: spine,
  },
  {
    name: "inverse of the crm_invoice",
    file: "domain/plan.ts",
    find: 'slot.held && slot.kind !== "customer" ? "drop"',
    replace: 'slot.held && slot.kind !== "customer" && slot.kind !== "crm_invoice" ? "drop"',
    tests: spine,
  },
  {
    name: "adoption: one of several with the number is taken",
    file: "domain/plan.ts",
    find: "if (found.length !== 1) {",
    replace: "if (found.length === 0) {",
    tests: spine,
  },
  {
    name: "start date: what is older is sent as well",
    file: "domain/plan.ts",
    find: 'return !slot.kind.startsWith("crm_") && isBefore(',
    replace: 'return slot.kind.startsWith("never") && isBefore(',
    tests: spine,
  },
  {
    name: "an adopted document is changed",
    file: "domain/plan.ts",
    find: 'else if (slot.held.adopted) want = "keep";',
    replace: "",
    tests: spine,
  },
  {
    name: "mode observe sends",
    file: "domain/rules.ts",
    find: 'if (mode === "observe") return "observe";',
    replace: "",
    tests: spine,
  },
  {
    name: "mode propose asks nobody",
    file: "domain/rules.ts",
    find: 'if (mode === "propose") return "approval";',
    replace: "",
    tests: spine,
  },
  {
    name: "an account may have any number of parties",
    file: "domain/link.ts",
    find: "export const maxParties = 20;",
    replace: "export const maxParties = 2000;",
    tests: ["property-tests/laws/link-graph.test.ts", "server/operators/links.test.ts"],
  },
  {
    name: "a closed period is an end",
    file: "server/engine/engine.ts",
    find: 'error._tag === "RejectedFixable" && error.code === periodClosed;',
    replace: "false;",
    tests: ["server/engine/periods.test.ts"],
  },
  {
    name: "crm-led asks for no deal",
    file: "domain/lifecycle.ts",
    find: "    waives: [],",
    replace: '    waives: ["quoted"],',
    tests: spine,
  },
  {
    name: "the breaker never opens",
    file: "server/engine/gate.ts",
    find: "this.openUntil = now +",
    replace: "this.openUntil = 0 *",
    tests: ["server/engine/gate.test.ts"],
  },
  {
    name: "the financial rows wait for the others",
    file: "server/engine/agenda.ts",
    find: "byPriority.flat()",
    replace: "byPriority.reverse().flat()",
    tests: ["server/engine"],
  },
];

/** Nothing planted: what fails here would seem to find everything. */
const unchanged: Mutant = {
  name: "none",
  file: "domain/plan.ts",
  find: "",
  replace: "",
  tests: [...laws, ...effects, ...spine],
};

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    schedules: { type: "string", default: "240" },
    "skip-guards": { type: "boolean", default: false },
    check: { type: "boolean", default: false },
  },
});

const plant = (directory: string, { file, find, nth = 0, replace }: Mutant): string | null => {
  const path = join(directory, file);
  const original = readFileSync(path, "utf8");
  let at = -1;
  for (let i = 0; i <= nth; i++) at = original.indexOf(find, at + 1);
  if (at < 0) return null;
  writeFileSync(path, original.slice(0, at) + replace + original.slice(at + find.length));
  return original;
};

const directory = mkdtempSync(join(tmpdir(), "tieout-mutants-"));
const copied = [
  "domain",
  "machines",
  "adapters",
  "server",
  "property-tests",
  "scripts",
  "package.json",
  "tsconfig.json",
  "vitest.config.ts",
];
for (const part of copied) cpSync(part, join(directory, part), { recursive: true });
symlinkSync(join(process.cwd(), "node_modules"), join(directory, "node_modules"));

const rows: Array<{ readonly name: string; readonly file: string; readonly killed: string | null }> = [];
try {
  for (const mutant of [unchanged, ...(values["skip-guards"] ? [] : guards()), ...rules, ...spineRules]) {
    if (values.only && !mutant.name.includes(values.only)) continue;
    const original = plant(directory, mutant);
    if (original === null) {
      rows.push({ name: mutant.name, file: mutant.file, killed: null });
      process.stderr.write(`NOT PLANTED  ${mutant.name}: the text to replace is not in ${mutant.file}\n`);
      continue;
    }
    const run = spawnSync(
      join(process.cwd(), "node_modules/.bin/vitest"),
      ["run", "--pool", "threads", "--bail", "1", "--reporter", "json", ...mutant.tests],
      {
        cwd: directory,
        encoding: "utf8",
        // A walk without end is found by the clock; one process, so that nothing of it is left.
        timeout: mutant.name.startsWith("guard ") ? 7_000 : 120_000,
        killSignal: "SIGKILL",
        maxBuffer: 64 << 20,
        env: { ...process.env, TIEOUT_SCHEDULES: values.schedules },
      },
    );
    const failed = /"status":"failed","title":"((?:[^"\\]|\\.)*)"/.exec(run.stdout ?? "")?.[1];
    const killed =
      run.status === 0 ? null : (failed?.replace(/\\"/g, '"') ?? (run.error ? "ran without end" : "did not start"));
    if (mutant === unchanged) {
      if (killed !== null) throw new Error(`mutants: the tests fail with nothing planted: ${killed}`);
      continue;
    }
    rows.push({ name: mutant.name, file: mutant.file, killed });
    process.stderr.write(
      `${killed === null ? "SURVIVED   " : "killed     "}  ${mutant.name}${killed === null ? "" : `  ← ${killed.slice(0, 90)}`}\n`,
    );
    writeFileSync(join(directory, mutant.file), original);
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}

const survivors = rows.filter((row) => row.killed === null);
if (!values.only) {
  const table = rows.map(
    ({ name, file, killed }) =>
      `| ${name} | \`${file}\` | ${killed === null ? "**survived**" : killed.replace(/\|/g, "\\|").replace(/ from seed.*/, "")} |`,
  );
  writeFileSync(
    "docs/mutants.md",
    `# Planted faults\n\nWritten by \`npm run test:mutants\`: each row is one change to the code, planted in a copy, and the first test that fails on it.\n\n| fault | file | the test that fails |\n|---|---|---|\n${table.join("\n")}\n`,
  );
}
process.stdout.write(`${rows.length - survivors.length} of ${rows.length} killed\n`);
process.exitCode = survivors.length > 0 ? 1 : 0;
