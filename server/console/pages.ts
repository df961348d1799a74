/** The console's own addresses: one page of HTML for all of them, and the files that it is made of. */
import { gzipSync } from "node:zlib";
import type { Context, Hono } from "hono";
import { securityHeaders } from "../access/headers.ts";
import { accountsQuery, BadParameter } from "../http/parameters.ts";
import { problem } from "../http/problem.ts";
import { requestIdOf } from "../http/request-id.ts";
import { type PageName, pagePaths } from "./app/paths.ts";
import { type Built, buildConsole } from "./build.ts";
import { consoleHtml, consolePolicy } from "./html.ts";

const types: Readonly<Record<string, string>> = {
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
};
/** Smaller than this is not worth it. Bytes. */
const worthPacking = 1024;

interface File {
  readonly plain: Uint8Array<ArrayBuffer>;
  readonly packed: Uint8Array<ArrayBuffer> | null;
}

/** Made with the first request, once for the process. */
let making: Promise<{ readonly built: Built; readonly files: ReadonlyMap<string, File> }> | null = null;
const made = () => {
  making ??= buildConsole()
    .then((built) => ({
      built,
      files: new Map(
        [...built.files].map(([name, bytes]) => {
          const plain = new Uint8Array(bytes);
          return [name, { plain, packed: bytes.length < worthPacking ? null : new Uint8Array(gzipSync(plain)) }];
        }),
      ),
    }))
    .catch((error) => {
      making = null;
      throw error;
    });
  return making;
};

/** Made ahead, so that the first reader does not wait for it. */
export const warmConsole = async (): Promise<void> => {
  await made();
};

const wantsPage = (accept: string | undefined): boolean => accept === undefined || /text\/html|\*\/\*/.test(accept);

export const registerConsole = (app: Hono, options: { readonly sandbox: boolean }): void => {
  const idOf = (c: Context): string => requestIdOf(c.req.header("x-request-id"));

  const page = (name: PageName) => async (c: Context) => {
    const requestId = idOf(c);
    if (!wantsPage(c.req.header("accept"))) {
      const detail = `${c.req.path} is a page of the console, HTML; what it shows is under /v1`;
      return problem("no-such-route", detail, requestId);
    }
    if (name === "now") {
      try {
        accountsQuery(new URL(c.req.url).searchParams);
      } catch (bad) {
        if (!(bad instanceof BadParameter)) throw bad;
        return problem("bad-parameter", bad.message, requestId, { members: { parameter: bad.parameter } });
      }
    }
    const { built } = await made();
    return new Response(consoleHtml(built, options.sandbox), {
      headers: {
        "content-type": "text/html; charset=utf-8",
        ...securityHeaders,
        "content-security-policy": consolePolicy,
        "x-request-id": requestId,
      },
    });
  };
  for (const [name, path] of Object.entries(pagePaths)) app.get(path, page(name as PageName));

  app.get("/console/:file", async (c) => {
    const requestId = idOf(c);
    const name = c.req.param("file");
    const file = (await made()).files.get(name);
    if (file === undefined)
      return problem(
        "no-such-route",
        `${name} is no file of this version of the console: load the page again`,
        requestId,
      );
    const tag = `"${name}"`;
    const headers = {
      ...securityHeaders,
      // The name changes with the content.
      "cache-control": "public, max-age=31536000, immutable",
      // A worker's own policy comes with its script.
      "content-security-policy": consolePolicy,
      etag: tag,
      vary: "accept-encoding",
      "x-request-id": requestId,
    };
    if (c.req.header("if-none-match") === tag) return new Response(null, { status: 304, headers });
    const type = types[name.slice(name.lastIndexOf(".") + 1)] ?? "application/octet-stream";
    const packed = /\bgzip\b/.test(c.req.header("accept-encoding") ?? "") ? file.packed : null;
    return new Response(packed ?? file.plain, {
      headers: { ...headers, "content-type": type, ...(packed === null ? {} : { "content-encoding": "gzip" }) },
    });
  });
};
