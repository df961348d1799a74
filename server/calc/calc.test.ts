/** The calculators as a person or a script meets them: schemas, examples, workings, and the command line. */
import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type * as JSONSchema from "effect/JSONSchema";
import { afterAll, it } from "vitest";
import { type CalculatorName, calculate, calculators, formOf, formsOf } from "../../domain/reports/calculate.ts";
import { fieldsOfForm } from "../../scripts/calc-page.ts";
import { UsageError } from "../cli/arguments.ts";
import { run } from "../cli/calc.ts";
import { Failure } from "../cli/failure.ts";
import { examples } from "./examples.ts";
import { calculatorsTold } from "./names.ts";
import { inputSchema } from "./schema.ts";
import { table } from "./table.ts";
import { workingOf } from "./working.ts";

const names = Object.keys(calculators) as ReadonlyArray<CalculatorName>;
const forms = names.flatMap((name) => Object.keys(formsOf(name)).map((form) => [name, form] as const));

it("[CX1] every form of every calculator has an example that is of that form, works, and shows its working", () => {
  assert.deepEqual(Object.keys(examples).sort(), [...names].sort());
  assert.deepEqual(Object.keys(calculatorsTold).sort(), [...names].sort());
  for (const name of names) assert.deepEqual(Object.keys(examples[name]), Object.keys(formsOf(name)));
  for (const [name, form] of forms) {
    const input = examples[name][form]!;
    assert.equal(formOf(name, input as Readonly<Record<string, unknown>>), form);
    const calculated = calculate(name, input);
    assert.ok(calculated.ok, `${name} ${form}: ${JSON.stringify(calculated)}`);
    assert.ok(workingOf(name, input, calculated.answer).split("\n").length > 4);
  }
});

it("[CX2] every field of an input says what it means, in the schema that decodes it", () => {
  for (const [name, form] of forms)
    for (const { path, description } of fieldsOfForm(name, form))
      assert.ok(description.length > 3, `calc ${name}, ${form}: ${path} says nothing`);
  const schema = inputSchema("rate", "quantity") as JSONSchema.JsonSchema7Object;
  assert.deepEqual(schema.required, ["currency", "charge"]);
  assert.equal(schema.additionalProperties, false);
  assert.ok("anyOf" in inputSchema("rate", null), "of all forms together");
});

it("[CX3] words stand to the left, figures to the right, and totals are set off", () => {
  const columns = [
    { head: "what", figures: false },
    { head: "USD", figures: true },
  ];
  assert.equal(
    table(
      columns,
      [
        ["a", "1.00"],
        ["bcd ef", "-10.50"],
        [null, 3],
      ],
      [["total", "x"]],
    ),
    [
      "what       USD",
      "------  ------",
      "a         1.00",
      "bcd ef  -10.50",
      "             3",
      "------  ------",
      "total        x",
    ].join("\n"),
  );
});

it("[CX4] the working shows tiers, included units, rounding, credits, shares and re-rating", () => {
  const working = (name: CalculatorName, form: string): string => {
    const input = examples[name][form]!;
    const calculated = calculate(name, input);
    return calculated.ok ? workingOf(name, input, calculated.answer) : "";
  };
  const quantity = working("rate", "quantity");
  for (const said of [
    /tier 2, above 1000 to 10000 +9000 +0\.008 +72 +72\.00/,
    /500 units are included/,
    /rounded half_up, once, at the end of the line: 102\.5815 to 102\.58/,
    /welcome +20\.00 +0\.00/,
    /due after credits: 82\.58 USD/,
  ])
    assert.match(quantity, said);
  assert.match(working("rate", "pool"), /Lyon +310 +21\.63/);
  assert.match(working("rate", "events"), /2026-01-01 +58\.00 +54\.00 +-4\.00[\s\S]*repeated, and counted once: 1/);
  assert.match(working("prorate", "part"), /82800 +2674800 +23\/743 +100\.00 +2300\/743 +3\.10/);
  assert.match(working("prorate", "cuts"), /split by largest remainder/);
  assert.match(working("schedule", "schedule"), /2026-01, which is closed; 2026-02 is the first open period/);
  assert.match(working("modify", "units"), /remaining and added, at one price +90 +280\/3 +8400 +8400\.00/);
  assert.match(working("mrr", "mrr"), /MRR +383\.33 +USD[\s\S]*2026-02 .*90\.00 % +75\.00 %/);
});

const entry = resolve(import.meta.dirname, "../cli/tieout.mjs");
const home = mkdtempSync(join(tmpdir(), "tieout-calc-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const calc = (args: ReadonlyArray<string>, input = "") =>
  new Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>((done) => {
    const { PATH, HOME } = process.env;
    const child = spawn(process.execPath, [entry, "calc", ...args], { cwd: home, env: { PATH, HOME } });
    let [out, err] = ["", ""];
    child.stdout.on("data", (data) => {
      out += data;
    });
    child.stderr.on("data", (data) => {
      err += data;
    });
    child.once("close", (code) => done({ code, out, err }));
    child.stdin.end(input);
  });

it("[CX5] the command reads standard input or a file, prints working or JSON, and leaves nothing behind", async () => {
  const example = await calc(["allocate", "--example"]);
  assert.equal(example.code, 0, example.err);
  assert.deepEqual(JSON.parse(example.out), examples.allocate["allocate"]);
  writeFileSync(join(home, "input.json"), `\uFEFF${example.out}`);
  const piped = await calc(["allocate"], example.out);
  const read = await calc(["allocate", "--file", "input.json", "--json"]);
  const alone = await calc([]);
  assert.match(piped.out, /platform +9000\.00 +9\/13/);
  const calculated = calculate("allocate", examples.allocate["allocate"]);
  assert.deepEqual(JSON.parse(read.out), calculated.ok ? calculated.answer : null);
  for (const name of names) assert.ok(alone.out.includes(calculatorsTold[name]), name);
  for (const { code, err } of [piped, read, alone]) assert.deepEqual([code, err], [0, ""]);
  assert.deepEqual(readdirSync(home), ["input.json"]);
});

it("[CX6] what cannot be used is exit 1 with every mistake by its path, a wrong command exit 2", async () => {
  const wrong = { currency: "usd", charge: { price: { model: "graduated", tiers: [{}] } }, quantity: 1.5 };
  const bad = await calc(["rate", "--json"], JSON.stringify(wrong));
  const places = ["currency", "charge.price.tiers.0.upTo", "quantity"];
  for (const place of places) assert.ok(bad.err.includes(`\n  ${place}: `), bad.err);
  const { mistakes } = JSON.parse(bad.out) as { readonly mistakes: ReadonlyArray<string> };
  assert.deepEqual(mistakes.map((mistake) => mistake.split(": ")[0]).sort(), [...places].sort());
  assert.equal(bad.code, 1);
  const file = (text: string): string => {
    const path = join(home, "bad.json");
    writeFileSync(path, text);
    return path;
  };
  const failures: ReadonlyArray<readonly [string, RegExp]> = [
    [file('{\n  "currency": USD\n}'), /bad\.json is no JSON/],
    [join(home, "nowhere.json"), /nowhere\.json cannot be read \(ENOENT\)/],
  ];
  for (const [path, said] of failures)
    await assert.rejects(
      run({ CALCULATOR: "mrr", file: path }),
      (error) => error instanceof Failure && said.test(error.message),
    );
  await assert.rejects(
    run({ CALCULATOR: "mrr", file: file(" \n") }),
    /bad\.json is empty; an example .* calc mrr --example/,
  );
  const usage: ReadonlyArray<readonly [Parameters<typeof run>[0], RegExp]> = [
    [{ json: true }, /which calculator\? One of rate, prorate/],
    [{ CALCULATOR: "prorat" }, /did you mean "prorate"/],
    [{ CALCULATOR: "mrr", schema: true, example: true }, /do not go together/],
    [{ CALCULATOR: "rate", example: true, form: "tiers" }, /one of quantity, pool, events/],
    [{ CALCULATOR: "rate", form: "pool" }, /an input shows its form by its fields/],
  ];
  for (const [values, said] of usage)
    await assert.rejects(run(values), (error) => error instanceof UsageError && said.test(error.message));
});
