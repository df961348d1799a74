/** The console's page: plain HTML, no script, nothing from elsewhere. *Pure.* */
import type { Json } from "../../domain/canonical.ts";

export interface PageInput {
  readonly overview: Json;
  readonly accounts: Json;
  readonly query: { readonly stage: string | null; readonly sync: string | null; readonly q: string | null };
  readonly sandbox: boolean;
  readonly refused: ReadonlyMap<string, number>;
}

type Counts = Readonly<Record<string, number>>;
interface Overview {
  readonly accounts: number;
  readonly stages: Counts;
  readonly syncs: Counts;
  readonly commands: Counts;
  readonly exceptions: Counts;
  readonly faults: Counts;
  readonly unattributed: number;
  readonly position: number;
  readonly head: number;
  readonly oldestUnprocessedMs: number;
  readonly oldestDueCommandMs: number;
  readonly recentFaults: ReadonlyArray<{
    readonly position: number;
    readonly kind: string;
    readonly connection: string;
    readonly event: string | null;
    readonly reason: string;
  }>;
}
interface Accounts {
  readonly items: ReadonlyArray<{
    readonly id: string;
    readonly name: string;
    readonly stage: string;
    readonly regions: Readonly<Record<string, string>>;
  }>;
  readonly nextCursor: string | null;
}

const stageOrder = ["prospect", "quoted", "activated", "invoiced", "posted", "paid", "recognized", "churned"];
const signs: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const html = (text: string): string => text.replace(/[&<>"']/g, (sign) => signs[sign]!);
const total = (counts: Counts): number => Object.values(counts).reduce((sum, count) => sum + count, 0);

export const consolePage = (input: PageInput): string => {
  const overview = input.overview as unknown as Overview;
  const { items, nextCursor } = input.accounts as unknown as Accounts;
  const { stage, sync, q } = input.query;
  const href = (change: Readonly<Record<string, string | null>>): string => {
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries({ stage, sync, q, ...change }))
      if (value !== null) search.set(name, value);
    const text = search.toString();
    return html(text === "" ? "/" : `/?${text}`);
  };
  const chip = (name: string, count: number, kind: "stage" | "sync", chosen: string | null): string =>
    `<a class="chip${chosen === name ? " on" : ""}" href="${href({ [kind]: chosen === name ? null : name })}">${html(name)} <b>${count}</b></a>`;
  const refused = total(Object.fromEntries(input.refused));
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="3"><title>tieout</title><style>${style}</style></head><body>
<header><h1>tieout</h1><p>${input.sandbox ? "sandbox · " : ""}position ${overview.position} of ${overview.head}${
    overview.oldestUnprocessedMs > 1000 ? ` · oldest unprocessed ${seconds(overview.oldestUnprocessedMs)}` : ""
  }${overview.oldestDueCommandMs > 1000 ? ` · oldest due command ${seconds(overview.oldestDueCommandMs)}` : ""}</p></header>
<main>
<section class="tiles">
${tile("Accounts", overview.accounts, "")}
${tile("Exceptions", total(overview.exceptions), breakdown(overview.exceptions, ""))}
${tile("Faults", total(overview.faults) + refused, breakdown({ ...overview.faults, ...(refused > 0 ? { "bad signature": refused } : {}) }, ""))}
${tile("Open commands", total(overview.commands), breakdown(overview.commands, ""))}
${tile("Unattributed", overview.unattributed, "")}
</section>
<form method="get" action="/" role="search"><input name="q" value="${html(q ?? "")}" placeholder="any id, name, email or number" aria-label="Find">${
    stage === null ? "" : `<input type="hidden" name="stage" value="${html(stage)}">`
  }${sync === null ? "" : `<input type="hidden" name="sync" value="${html(sync)}">`}<button>Find</button></form>
<nav aria-label="Stage">${stageOrder
    .filter((name) => overview.stages[name] !== undefined || stage === name)
    .map((name) => chip(name, overview.stages[name] ?? 0, "stage", stage))
    .join("")}</nav>
<nav aria-label="Sync">${Object.entries(overview.syncs)
    .map(([name, count]) => chip(name, count, "sync", sync))
    .join("")}</nav>
<table><thead><tr><th>Account</th><th>Stage</th><th>Subscription</th><th>Ledger</th><th>Cash</th><th>Sync</th><th></th></tr></thead>
<tbody>${
    items.length === 0
      ? `<tr><td colspan="7" class="empty">No account${(stage ?? sync ?? q) ? " matches" : " yet: send a signed webhook to <code>POST /webhooks/stripe</code>"}.</td></tr>`
      : items.map(rowOf).join("")
  }</tbody></table>
${nextCursor === null ? "" : `<p><a href="${href({ cursor: nextCursor })}">Next page</a></p>`}
${faultTable(overview)}
</main><footer><a href="/v1/accounts">accounts</a> <a href="/v1/exceptions">exceptions</a> <a href="/v1/faults">faults</a> <a href="/inspect">watch</a> <a href="/docs">API</a> <a href="/healthz">health</a> <a href="/readyz">readiness</a></footer></body></html>`;
};

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;

const tile = (name: string, count: number, note: string): string =>
  `<div class="tile"><b>${count}</b><span>${name}</span>${note === "" ? "" : `<small>${note}</small>`}</div>`;

const breakdown = (counts: Counts, note: string): string =>
  html(
    [...Object.entries(counts).map(([name, count]) => `${name} ${count}`), note].filter((s) => s !== "").join(" · "),
  );

const rowOf = ({ id, name, stage, regions }: Accounts["items"][number]): string => {
  const path = `/v1/accounts/${html(encodeURIComponent(id))}`;
  const cells = ["subscription", "ledger", "cash", "sync"].map((region) => {
    const value = regions[region] ?? "";
    return `<td class="s-${html(value)}">${html(value.replaceAll("_", " "))}</td>`;
  });
  return `<tr><td><a href="${path}">${html(name)}</a></td><td><span class="stage s-${html(stage)}">${html(stage)}</span></td>${cells.join("")}<td class="links"><a href="${path}/timeline">timeline</a> <a href="${path}/machine">machine</a></td></tr>`;
};

const faultTable = ({ recentFaults }: Overview): string =>
  recentFaults.length === 0
    ? ""
    : `<h2>Latest faults</h2><table><thead><tr><th>Position</th><th>Kind</th><th>Connection</th><th>Event</th><th>Reason</th></tr></thead><tbody>${recentFaults
        .map(
          ({ position, kind, connection, event, reason }) =>
            `<tr><td>${position}</td><td>${html(kind)}</td><td>${html(connection)}</td><td>${html(event ?? "")}</td><td>${html(reason)}</td></tr>`,
        )
        .join("")}</tbody></table>`;

const style = `
:root{color-scheme:light dark;--bg:#fafaf8;--fg:#1d1f21;--soft:#6b6f76;--line:#dfe0dc;--card:#fff;--accent:#1f5fbf;--good:#1d7a45;--warn:#9a6400;--bad:#b3261e}
@media(prefers-color-scheme:dark){:root{--bg:#15171a;--fg:#e7e8ea;--soft:#9aa0a8;--line:#2d3136;--card:#1c1f23;--accent:#86b4ff;--good:#6fd39a;--warn:#f0bd5a;--bad:#ff8a80}}
*{box-sizing:border-box}body{margin:0 auto;max-width:72rem;padding:1.5rem;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,sans-serif}
header{display:flex;align-items:baseline;gap:1rem;flex-wrap:wrap}h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}header p,footer,small,.empty,.tile span{color:var(--soft);margin:0}
a{color:var(--accent);text-decoration:none}a:hover,a:focus{text-decoration:underline}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(10rem,1fr));gap:.75rem;margin:1rem 0}
.tile{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.75rem 1rem;display:flex;flex-direction:column}.tile b{font-size:1.6rem;font-variant-numeric:tabular-nums}
form{display:flex;gap:.5rem;margin:1rem 0 .5rem}input,button{font:inherit;padding:.35rem .6rem;border:1px solid var(--line);border-radius:.4rem;background:var(--card);color:inherit}input{flex:1;min-width:0}
nav{display:flex;gap:.4rem;flex-wrap:wrap;margin:.4rem 0}.chip{border:1px solid var(--line);border-radius:1rem;padding:.1rem .7rem;color:inherit}.chip.on{background:var(--accent);color:var(--bg)}
table{width:100%;border-collapse:collapse;margin-top:.75rem}main{overflow-x:auto}th{text-align:left;font-weight:600;color:var(--soft);font-size:.85rem}th,td{padding:.4rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}
.links{white-space:nowrap;font-size:.85rem}.stage{font-weight:600}.s-paid,.s-recognized,.s-posted,.s-settled,.s-agreed,.s-active{color:var(--good)}.s-propagating,.s-posting,.s-due,.s-partial,.s-past_due,.s-invoiced{color:var(--warn)}.s-parked,.s-drifting,.s-blocked,.s-disputed,.s-churned{color:var(--bad)}
footer{margin-top:2rem;display:flex;gap:1rem}`;
