/** The one gate, `npm run verify`: types, lint, format, generated documents, tests. Stops at the first that fails, with its output. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Each is a program of node_modules/.bin or node itself, and its arguments. */
const steps = [
  ["types", "tsc", ["--noEmit", "--project", "."]],
  ["console", "tsc", ["--noEmit", "--project", "server/console/app"]],
  ["lint", "biome", ["lint", "--error-on-warnings", "."]],
  ["floats", "node", ["--import", "tsx", "scripts/floats.ts"]],
  ["format", "biome", ["format", "."]],
  ["documents", "node", ["--import", "tsx", "scripts/docs.ts", "--check"]],
  ["tests", "vitest", ["run"]],
];

const separator = process.platform === "win32" ? ";" : ":";
const env = { ...process.env, PATH: `${root}node_modules/.bin${separator}${process.env.PATH ?? ""}`, FORCE_COLOR: "0" };

/** Resolves to the exit code (1 where a signal ended it) and everything that was said. */
const run = (program, args) =>
  new Promise((resolve) => {
    const said = [];
    const child = spawn(program, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.on("data", (part) => said.push(part));
    child.stderr.on("data", (part) => said.push(part));
    child.on("error", (error) => resolve({ code: 1, output: `${program}: ${error.message}` }));
    child.on("close", (code) => resolve({ code: code ?? 1, output: Buffer.concat(said).toString("utf8").trimEnd() }));
  });

const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

const begun = performance.now();
for (const [name, program, args] of steps) {
  const started = performance.now();
  const { code, output } = await run(program, args);
  const counts =
    name === "tests" ? `  ${/^\d+ passed, \d+ failed, \d+ skipped$/m.exec(output)?.[0] ?? "no count"}` : "";
  console.log(`${name.padEnd(10)} ${code === 0 ? "ok    " : "FAILED"} ${seconds(started).padStart(8)}${counts}`);
  if (code !== 0) {
    console.log(`\n${output}\n\n$ ${[program, ...args].join(" ")}  ended with ${code}`);
    process.exit(1);
  }
}
console.log(`all of it  ok     ${seconds(begun).padStart(8)}`);
