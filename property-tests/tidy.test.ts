/** What the layout promises: who imports whom, folders alike, no clock, no floats, no strangers, every rule cited. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { it } from "vitest";
import { staleDocuments } from "../scripts/docs.ts";
import { floats, floatsIn } from "../scripts/floats.ts";
import { areasOf, citationsOf, filesOf } from "../scripts/rules.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const files = filesOf(root);
const textOf = (file: string): string => readFileSync(join(root, file), "utf8");
const sources = files.filter((file) => /\.(tsx?|mjs)$/.test(file));

const layers = ["domain", "machines", "adapters", "server"] as const;
const layerOf = (file: string): string => file.slice(0, file.indexOf("/"));
/** Run by tests alone, wherever it stands. */
const isSupport = (file: string): boolean =>
  /\.(test|contract|child)\.ts$|^adapters\/stores\/contract\/|\/testing\/|\/scratch\.ts$/.test(file);
const product = sources.filter((file) => layers.some((layer) => layer === layerOf(file)) && !isSupport(file));
const vendors = [...new Set(files.map((file) => /^adapters\/([^/]+)\//.exec(file)?.[1]))].filter(
  (vendor) => vendor !== undefined && vendor !== "stores",
) as string[];

/** Everything that a file imports: paths from the root for our own, names for packages. */
const importsOf = (file: string): ReadonlyArray<string> => {
  const code = textOf(file).replaceAll(/^\s*(\*|\/\/|\/\*).*$/gm, "");
  const pattern = /(?:\bfrom\s|^import\s|\bimport\(|\bnew URL\()\s*"([^"]+)"/gm;
  return [...code.matchAll(pattern)].map(([, target]) =>
    target!.startsWith(".") ? join(dirname(file), target!).replaceAll("\\", "/") : target!,
  );
};
const imports = new Map(sources.map((file) => [file, importsOf(file)]));
const isOurs = (target: string): boolean => imports.has(target);

const none = (found: ReadonlyArray<string>): void => assert.deepEqual(found, []);

/** Which packages, and which folders of ours, each layer may import. */
const mayImport: Readonly<Record<(typeof layers)[number], ReadonlyArray<RegExp>>> = {
  domain: [/^effect\//, /^domain\//],
  machines: [/^xstate$/, /^(domain|machines)\//],
  adapters: [
    /^effect(\/|$)/,
    /^@effect\/platform\//,
    /^hono(\/|$)/,
    /^@hono\/node-server$/,
    /^libsql$/,
    /^redis(-om)?$/,
    /^@grpc\/(grpc-js|proto-loader)$/,
    /^avsc$/,
    /^node:/,
    /^(domain|adapters)\//,
  ],
  server: [/./],
};

it("[T1] imports point inward: domain, then machines and adapters, then server", () => {
  const wrong = product.flatMap((file) => {
    const allowed = mayImport[layerOf(file) as keyof typeof mayImport];
    return imports
      .get(file)!
      .filter((target) => !allowed.some((pattern) => pattern.test(target)))
      .filter((target) => !(file === "domain/hash.ts" && target === "node:crypto"))
      .map((target) => `${file} imports ${target}`);
  });
  none(wrong);
});

it("[T2] a vendor folder is entered only through its layer.ts, and vendors and stores never know each other", () => {
  const wrong = product.flatMap((file) => {
    const from = /^adapters\/([^/]+)\//.exec(file)?.[1];
    return imports
      .get(file)!
      .filter((target) => {
        const into = /^adapters\/([^/]+)\//.exec(target)?.[1];
        if (into === undefined || into === from) return false;
        return from !== undefined || (into !== "stores" && target !== `adapters/${into}/layer.ts`);
      })
      .map((target) => `${file} imports ${target}`);
  });
  none(wrong);
});

it("[T3] nothing that runs outside tests imports what only tests run", () => {
  const wrong = product.flatMap((file) =>
    imports
      .get(file)!
      .filter(
        (target) => isSupport(target) || /^(property-tests|bench|scripts)\/|^(vitest|fast-check|stripe)$/.test(target),
      )
      .map((target) => `${file} imports ${target}`),
  );
  none(wrong);
});

it("[T4] there is no cycle of imports", () => {
  const done = new Set<string>();
  const walk = (file: string, path: ReadonlyArray<string>): string[] => {
    if (path.includes(file)) return [[...path.slice(path.indexOf(file)), file].join(" → ")];
    if (done.has(file)) return [];
    const found = imports
      .get(file)!
      .filter(isOurs)
      .flatMap((target) => walk(target, [...path, file]));
    done.add(file);
    return found;
  };
  none(sources.filter((file) => !isSupport(file)).flatMap((file) => walk(file, [])));
});

it("[T5] vendor folders have the same files", () => {
  const shape = (vendor: string): ReadonlyArray<string> => {
    const inside = files.filter((file) => file.startsWith(`adapters/${vendor}/`));
    const names = inside.map((file) => file.slice(`adapters/${vendor}/`.length).replace(/^fixtures\/.*/, "fixtures/"));
    return [...new Set(names)].map((name) => name.replace(vendor, "<vendor>")).sort();
  };
  assert.ok(vendors.length > 1);
  for (const vendor of vendors) assert.deepEqual(shape(vendor), shape(vendors[0]!), vendor);
});

it("[T6 P11] no clock is read and no chance taken in domain and machines", () => {
  const pattern =
    /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bperformance\.now\b|\bprocess\.hrtime\b|\brandomUUID\b/;
  const wrong = product.filter((file) => /^(domain|machines)\//.test(file) && pattern.test(textOf(file)));
  none(wrong);
});

it("[T7 P8] no float comes near an amount: none is in the product, and a planted one is found", () => {
  none(floats(root));
  const planted: ReadonlyArray<readonly [string, string]> = [
    ["domain/x.ts", "const share = 0.5;"],
    ["domain/x.ts", "const dollars = cents / 100;"],
    ["machines/x.ts", 'const n = parseFloat("1.5");'],
    ["domain/x.ts", "const text = sum.toFixed(2);"],
    ["domain/x.ts", "const whole = Math.round(sum);"],
    ["adapters/x.ts", "const each = amountMinor / parts;"],
    ["adapters/x.ts", "invoice.totalMinor *= rate;"],
    ["server/x.ts", "const tax = Math.floor(line.amount * share);"],
    ["server/x.ts", "const sum = Number(row.price);"],
    ["server/x.ts", 'const text = content["amountMinor"].toFixed(2);'],
    ["server/x.ts", "const fee = (a.fee! + b.fee!) / 2;"],
    ["adapters/x.ts", "const scaled = Number(record.amount) * 10 ** exponent;"],
  ];
  for (const [file, code] of planted) assert.equal(floatsIn(file, code).length, 1, `${file}: ${code}`);
  const lawful: ReadonlyArray<readonly [string, string]> = [
    ["domain/x.ts", "const net = sign * amountMinor - taxMinor;"],
    ["domain/x.ts", "const back = (up ? 1 : -1) * amountMinor;"],
    ["domain/x.ts", "const part = (BigInt(totalMinor) * weight) / sum;"],
    ["domain/x.ts", "const days = Math.floor(hours / 24);"],
    ["server/x.ts", 'const net = Number(content["amountMinor"]);'],
    ["server/x.ts", "const seconds = (ms / 1000).toFixed(1);"],
    ["domain/money.ts", "const part = (total * weight) / sum;"],
  ];
  for (const [file, code] of lawful) assert.deepEqual(floatsIn(file, code), [], `${file}: ${code}`);
});

it("[T8] no file names a path of somebody's machine or the host of a package registry", () => {
  const pattern = new RegExp(
    [
      "(?<![\\w.])/(home|Users|root|work|mnt)/[\\w.-]",
      "\\b[A-Z]:\\\\\\\\[A-Z]",
      "\\bregistry\\.[a-z]",
      "npm(js|mirror)\\.(org|com)",
      "artifactory",
      "codeartifact",
    ].join("|"),
  );
  none(files.filter((file) => file !== "property-tests/tidy.test.ts" && pattern.test(textOf(file))));
});

const longest = 300;
/** Files that may be longer, each with its reason. */
const longer: Readonly<Record<string, string>> = {
  "domain/event.ts": "one Schema for each kind of object",
  "domain/party.ts": "the party is one noun: joining, noting, refreshing and storing share its private indexes",
  "domain/exceptions.ts": "the catalogue of exceptions: one function for each type",
  "server/cli/usage.ts": "what every command takes: one entry each",
  "server/engine/core.ts": "the fold: splitting it would share its maps between files",
  "server/engine/engine.ts": "append, fold and the jobs share the buffered tail and what is owed",
  "adapters/stripe/mapping.ts": "one function for each object of Stripe",
  "adapters/stripe/schema.ts": "Stripe's shapes, each said twice: as a fast reader and as a Schema",
  "adapters/stripe/simulator.ts": "the acts of a Stripe account, one after another",
  "adapters/stripe/simulator-state.ts": "Stripe's shapes by API version",
  "adapters/salesforce/mapping.ts": "each object, in both directions, and the rows of the poll",
  "adapters/salesforce/simulator-state.ts": "objects, their rules and refusals",
  "adapters/salesforce/stream.ts": "the public contract, Avro and one connection",
  "adapters/netsuite/client.ts": "every answer of NetSuite, to the closed error set",
  "adapters/netsuite/mapping.ts": "one function for each record type, in both directions",
  "adapters/netsuite/simulator-http.ts": "NetSuite's REST records, transforms and query",
  "adapters/netsuite/simulator-state.ts": "books with real balances",
};

it("[T9] no file is longer than 300 lines, but for those with a stated reason", () => {
  const lines = (file: string): number => textOf(file).split("\n").length - 1;
  none(product.filter((file) => lines(file) > longest && !(file in longer)));
  none(Object.keys(longer).filter((file) => !existsSync(join(root, file)) || lines(file) <= longest));
});

it("[T10] every source file says at its head what it decides", () => {
  none(sources.filter((file) => file.includes("/") && !/^(#!.*\n)?(\/\*\*|\/\/ )/.test(textOf(file))));
});

it("[T11] every rule that a test cites is in SPEC.md, under the area that names its file; every rule there is cited", () => {
  const areas = areasOf(textOf("SPEC.md"));
  const rules = areas.flatMap(({ letters, files: proving, rules }) =>
    rules.map(({ id, sentence }) => ({ id, letters, proving, sentence })),
  );
  assert.ok(rules.length > 100);
  for (const { id, letters, sentence } of rules) {
    assert.equal(id.replace(/\d+$/, ""), letters, `${id} stands under ${letters}`);
    assert.ok(sentence.length > 20, `${id} says nothing`);
  }
  const known = new Map(rules.map((rule) => [rule.id, rule]));
  assert.equal(known.size, rules.length, "each id once");
  const cited = new Set<string>();
  const wrong: string[] = [];
  for (const { file, ids } of citationsOf(root)) {
    for (const id of ids) {
      if (/^P\d+$/.test(id)) {
        if (!/^P([1-9]|1[0-2])$/.test(id)) wrong.push(`${file} cites ${id}, which is no promise`);
        continue;
      }
      cited.add(id);
      const rule = known.get(id);
      if (!rule) wrong.push(`${file} cites ${id}, which SPEC.md does not have`);
      else if (!rule.proving.some((place) => file === place || (place.endsWith("/") && file.startsWith(place))))
        wrong.push(`${file} cites ${id}, which belongs to ${rule.proving.join(", ")}`);
    }
  }
  none(wrong);
  none(rules.map(({ id }) => id).filter((id) => !cited.has(id)));
});

it("[T12] the generated parts of the documents are what the code says", () => {
  none(staleDocuments(root));
});

it("[T13] every link in the documents leads to a file that is there", () => {
  const wrong = files
    .filter((file) => file.endsWith(".md"))
    .flatMap((file) =>
      [...textOf(file).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g)]
        .map(([, target]) => join(dirname(file), target!))
        .filter((target) => !existsSync(join(root, target)))
        .map((target) => `${file} links to ${target}`),
    );
  none(wrong);
});
