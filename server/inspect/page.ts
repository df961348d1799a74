/** The page at `GET /inspect`: it holds no data of its own, so it is served to anybody; what it shows it asks for with the reader's key. */
import { createHash } from "node:crypto";
import { hostedOrigin, hostedPage, pageScript } from "./page-script.ts";

const hash = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

const style = `:root{color-scheme:light dark;font:15px/1.5 system-ui,sans-serif}body{margin:0 auto;max-width:72rem;padding:1rem}
h1{font-size:1.3rem}h2{font-size:1rem;margin:1.5rem 0 .3rem}.box{border:1px solid #8886;border-radius:.5rem;padding:.2rem 1rem}
#accounts{max-height:14rem;overflow:auto;display:grid}small{opacity:.7}iframe{width:100%;height:70vh;border:1px solid #8886}
#events{font:12px/1.6 ui-monospace,monospace;list-style:none;padding:0;white-space:pre-wrap}button{padding:.4rem .8rem}
#status{font-weight:600;min-height:1.5em}`;

const page = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>tieout: watch accounts</title>
<meta name="viewport" content="width=device-width,initial-scale=1"><style>${style}</style></head><body>
<h1>Watch accounts</h1>
<p><a href="/">Console</a> · <a href="/v1/machine">the machine as JSON</a></p>
<h2>Which</h2>
<form id="find"><input id="q" placeholder="name, number, foreign id" aria-label="search"> <input id="key" type="password"
 autocomplete="off" placeholder="API key (outside the sandbox)" aria-label="API key"> <button>List</button></form>
<div id="accounts" class="box"></div>
<p>Chosen: <span id="chosen">none yet</span></p>
<h2>What leaves this machine</h2>
<div class="box"><p>Nothing until you press a button.</p>
<p><b>Watch here</b> brings the events of the chosen accounts into this browser, and no further.</p>
<p><b>Watch in Stately's inspector</b> also loads <code>${hostedPage}</code> in a frame and hands every event to that page, which is not ours. It gets:
the account's id, its current contract's id, the machine's definition, where its five regions stand, counts of invoices, commands and differences by their
state, the names of events, and times. No names, addresses, e-mail, numbers of invoices, amounts or bodies are among it, and no API key.
That page's own scripts run as its maker wrote them, and it may keep what it is given.</p></div>
<p><button id="here">Watch here</button> <button id="hosted">Watch in Stately's inspector</button> <button id="stop" disabled>Stop</button></p>
<p id="status" role="status"></p>
<div id="frame"></div>
<h2>Events</h2>
<ol id="events"></ol>
<noscript>This page needs JavaScript; without it: <code>tieout inspect ACCOUNT</code>.</noscript>
<script>${pageScript}</script></body></html>
`;

const policy = [
  "default-src 'none'",
  `script-src ${hash(pageScript)}`,
  `style-src ${hash(style)}`,
  "connect-src 'self'",
  `frame-src ${hostedOrigin}`,
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

export const inspectPage = (requestId: string): Response =>
  new Response(page, {
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "content-security-policy": policy,
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "x-request-id": requestId,
    },
  });
