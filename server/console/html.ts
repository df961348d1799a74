/** The page that the app begins in: the same for every address and everybody, and no word about anybody. *Pure.* */

export interface Names {
  readonly main: string;
  readonly boot: string;
  readonly style: string;
}

const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 20 20' fill='none' stroke='%231a5a96' stroke-width='2'%3E%3Cpath d='M3 6h14M3 14h14'/%3E%3Ccircle cx='7' cy='6' r='2.4' fill='%23fff'/%3E%3Ccircle cx='13' cy='14' r='2.4' fill='%23fff'/%3E%3C/svg%3E";

/** Scripts and styles of ours alone, nothing inline, nothing evaluated. */
export const consolePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "img-src 'self' data:",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

export const consoleHtml = ({ main, boot, style }: Names, sandbox: boolean): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="tieout-sandbox" content="${sandbox ? "yes" : "no"}">
<title>tieout</title>
<link rel="icon" href="${icon}">
<script src="/console/${boot}"></script>
<link rel="stylesheet" href="/console/${style}">
<script type="module" src="/console/${main}"></script>
</head>
<body>
<div id="app">
<noscript>
<h1>tieout</h1>
<p>The console needs JavaScript. Everything that it shows is there without it, too:</p>
<ul>
<li><a href="/v1/now">what is going on now</a></li>
<li><a href="/v1/accounts">the accounts</a>, and <a href="/v1/accounts?q=acme">by a word</a></li>
<li><a href="/v1/exceptions">finance's exceptions</a> and <a href="/v1/faults">engineers' faults</a></li>
<li><a href="/v1/commands">the commands</a></li>
<li><a href="/docs">the reference of the API</a></li>
<li><a href="/healthz">whether it moves</a></li>
</ul>
</noscript>
</div>
</body>
</html>
`;
