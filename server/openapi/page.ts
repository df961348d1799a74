/** The OpenAPI document as a page: plain HTML, no script, nothing from elsewhere. *Pure.* */
import { componentPath, type Node } from "./json-schema.ts";

const signs: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const html = (text: unknown): string => String(text ?? "").replace(/[&<>"']/g, (sign) => signs[sign]!);
/** Of the markdown of descriptions only what is in backquotes is shown otherwise. */
const prose = (text: unknown): string => html(text).replace(/`([^`]+)`/g, "<code>$1</code>");
const list = (nodes: unknown): ReadonlyArray<Node> => (Array.isArray(nodes) ? nodes : []);
const entries = (node: unknown): ReadonlyArray<readonly [string, Node]> =>
  Object.entries((node ?? {}) as Record<string, Node>);

const link = (name: string): string => `<a href="#schema-${html(name)}">${html(name)}</a>`;

/** A schema in a few words: `array of Invoice`, `"paid" | "void"`, `text or null`. */
const typeOf = (schema: Node): string => {
  const { $ref, type, items, anyOf, properties, additionalProperties } = schema;
  if (typeof $ref === "string") return link($ref.slice(componentPath.length));
  if (Array.isArray(schema["enum"])) return schema["enum"].map((value) => `<code>${html(value)}</code>`).join(" | ");
  if (Array.isArray(anyOf)) return anyOf.map((part) => typeOf(part as Node)).join(" or ");
  if (type === "array") return `array of ${typeOf((items ?? {}) as Node)}`;
  if (type === "object" && properties)
    return `{ ${entries(properties)
      .map(([name]) => html(name))
      .join(", ")} }`;
  if (type === "object" && additionalProperties) return `by name: ${typeOf(additionalProperties as Node)}`;
  return html(type ?? "anything") + limitsOf(schema);
};

const limitsOf = ({ minimum, maximum, minLength, maxLength }: Node): string => {
  const [least, most] = [minimum ?? minLength, maximum ?? maxLength];
  return least === undefined && most === undefined ? "" : ` ${html(least ?? "…")} to ${html(most ?? "…")}`;
};

const row = (cells: ReadonlyArray<string>): string => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
const table = (rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  rows.length === 0 ? "" : `<table><tbody>${rows.map(row).join("")}</tbody></table>`;

/** Problems are all of one shape: which they are says enough. */
const exampleOf = (content: Node): string => {
  if ("example" in content)
    return `<details><summary>Example</summary><pre>${html(JSON.stringify(content["example"], null, 2))}</pre></details>`;
  return entries(content["examples"])
    .map(([name]) => `<code>urn:tieout:problem:${html(name)}</code>`)
    .join(", ");
};

const contentsOf = (content: unknown): string =>
  entries(content)
    .map(
      ([type, one]) =>
        `<div><code>${html(type)}</code> ${typeOf((one["schema"] ?? {}) as Node)}${exampleOf(one)}</div>`,
    )
    .join("");

const operationHtml = (path: string, method: string, operation: Node): string => {
  const { operationId, summary, description, parameters, requestBody, responses, security } = operation;
  const access = list(security).flatMap((one) =>
    entries(one).map(([scheme, scopes]) => [scheme, ...(list(scopes) as never[])].join(": ")),
  );
  const asked = list(parameters).map((one) => [
    `<code>${html(one["name"])}</code>`,
    `${html(one["in"])}${one["required"] ? ", required" : ""}`,
    typeOf((one["schema"] ?? {}) as Node),
    prose(one["description"]),
  ]);
  const body = requestBody as Node | undefined;
  return `<section id="${html(operationId)}"><h3><b class="m-${html(method)}">${html(method.toUpperCase())}</b> <code>${html(path)}</code></h3>
<p><strong>${prose(summary)}.</strong> ${prose(description)}</p><p class="soft">${html(operationId)} · ${access.length === 0 ? "no key" : html(access.join(", "))}</p>
${asked.length === 0 ? "" : `<h4>Parameters</h4>${table(asked)}`}
${body === undefined ? "" : `<h4>Body</h4><p>${prose(body["description"])}</p>${contentsOf(body["content"])}`}
<h4>Answers</h4>${table(
    entries(responses).map(([status, answer]) => [
      `<b>${html(status)}</b>`,
      prose(answer["description"]),
      contentsOf(answer["content"]),
    ]),
  )}</section>`;
};

const schemaHtml = (name: string, schema: Node): string => {
  const required = (schema["required"] ?? []) as ReadonlyArray<string>;
  const rows = entries(schema["properties"]).map(([field, inner]) => [
    `<code>${html(field)}</code>${required.includes(field) ? "" : " <small>optional</small>"}`,
    typeOf(inner),
    prose(inner["description"]),
  ]);
  const { description, pattern } = schema;
  const flat =
    rows.length === 0 ? `<p>${typeOf(schema)}${pattern ? ` <code>${html(pattern)}</code>` : ""}</p>` : table(rows);
  return `<section id="schema-${html(name)}"><h3>${html(name)}</h3><p>${prose(description)}</p>${flat}</section>`;
};

export const docsPage = (document: Node): string => {
  const { info, tags, paths, components } = document as Readonly<Record<string, Node>>;
  const all = entries(paths).flatMap(([path, methods]) =>
    entries(methods).map(([method, operation]) => ({
      path,
      method,
      operation,
      tag: String(list(operation["tags"])[0]),
    })),
  );
  const groups = list(tags).map((tag) => ({ tag, of: all.filter((one) => one.tag === tag["name"]) }));
  const schemas = entries(components?.["schemas"]);
  const problems = entries(document["x-problem-types"]).map(([type, { status, title }]) => [
    `<code>${html(type)}</code>`,
    html(status),
    html(title),
  ]);
  const nav = groups.map(
    ({ tag, of }) =>
      `<b>${html(tag["name"])}</b>${of.map(({ method, path, operation }) => `<a href="#${html(operation["operationId"])}">${html(method.toUpperCase())} ${html(path)}</a>`).join("")}`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${html(info?.["title"])} API</title><style>${style}</style></head><body>
<nav aria-label="Contents">${nav.join("")}<b>more</b><a href="#problems">Problems</a><a href="#schemas">Schemas</a><a href="/openapi.json">openapi.json</a><a href="/">Console</a></nav>
<main><h1>${html(info?.["title"])} API <small>${html(info?.["version"])}</small></h1>
${String(info?.["description"])
  .split(/\n+/)
  .map((paragraph) => `<p>${prose(paragraph)}</p>`)
  .join("\n")}
${groups
  .map(
    ({ tag, of }) =>
      `<h2>${html(tag["name"])}</h2><p>${prose(tag["description"])}</p>${of.map(({ path, method, operation }) => operationHtml(path, method, operation)).join("\n")}`,
  )
  .join("\n")}
<h2 id="problems">Problems</h2>${table(problems)}
<h2 id="schemas">Schemas</h2>${schemas.map(([name, schema]) => schemaHtml(name, schema)).join("\n")}
</main></body></html>`;
};

const style = `
:root{color-scheme:light dark;--bg:#fafaf8;--fg:#1d1f21;--soft:#6b6f76;--line:#dfe0dc;--card:#fff;--accent:#1f5fbf}
@media(prefers-color-scheme:dark){:root{--bg:#15171a;--fg:#e7e8ea;--soft:#9aa0a8;--line:#2d3136;--card:#1c1f23;--accent:#86b4ff}}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,sans-serif;display:grid;grid-template-columns:17rem minmax(0,1fr)}
nav{position:sticky;top:0;align-self:start;max-height:100vh;overflow:auto;padding:1.5rem 1rem;display:flex;flex-direction:column;font-size:.85rem;border-right:1px solid var(--line)}nav b{margin-top:.8rem;color:var(--soft)}nav a{overflow-wrap:anywhere}
main{padding:1.5rem 2rem;max-width:60rem;min-width:0}a{color:var(--accent);text-decoration:none}a:hover,a:focus{text-decoration:underline}
h2{margin:2.5rem 0 .25rem;text-transform:capitalize}h3{margin:0 0 .3rem;font-size:1rem}h3 b{color:var(--accent)}h4{margin:.8rem 0 .2rem;font-size:.9rem}p{margin:.3rem 0}small,.soft{color:var(--soft);font-size:.85rem;font-weight:400}
section{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:1rem;margin:1rem 0;overflow-x:auto}code,pre{font-family:ui-monospace,monospace;font-size:.85rem}pre{overflow-x:auto;margin:.4rem 0}
table{width:100%;border-collapse:collapse}td{padding:.35rem .6rem .35rem 0;border-top:1px solid var(--line);vertical-align:top}summary{cursor:pointer;color:var(--accent);font-size:.85rem}
@media(max-width:50rem){body{display:block}nav{position:static;max-height:none;border:0}main{padding:1rem}}`;
