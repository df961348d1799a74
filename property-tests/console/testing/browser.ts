/** A real server in sandbox mode and a real Chromium in front of it, with ears for what a page must not say. Skipped where there is none. */
import assert from "node:assert/strict";
import { accessSync, constants, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import * as Scope from "effect/Scope";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { loadConfig } from "../../../server/config/config.ts";
import { readToken } from "../../../server/http/internal.ts";
import { frame } from "../../../server/http/recorded.ts";
import { type RunningServer, type StartOptions, startServer } from "../../../server/runtime.ts";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

const executable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** `TIEOUT_CHROMIUM`, else by PATH; null: none is installed. */
export const chromiumPath: string | null =
  [
    process.env["TIEOUT_CHROMIUM"] ?? "",
    ...(process.env["PATH"] ?? "").split(delimiter).flatMap((folder) => names.map((name) => join(folder, name))),
    ...names.map((name) => `/usr/bin/${name}`),
  ].find((path) => path !== "" && executable(path)) ?? null;

if (chromiumPath === null)
  console.log(
    "no Chromium is installed: the tests of the console in a browser are skipped (TIEOUT_CHROMIUM names one)",
  );

/** Screenshots, kept for whoever wants to look. Ignored by git. */
const shots = fileURLToPath(new URL("../../../tmp/console/", import.meta.url));
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export interface Serving {
  readonly server: RunningServer;
  readonly url: string;
  /** Recorded bodies of Stripe, as `tieout import` hands them over: thousands in a second. */
  readonly take: (events: ReadonlyArray<unknown>) => Promise<void>;
  /** Stops it; `again` starts it on the same port and data. */
  readonly stop: () => Promise<void>;
  readonly again: () => Promise<void>;
  /** Stops it and takes its data away. */
  readonly end: () => Promise<void>;
}

export const serve = async (options: StartOptions = {}, env: Record<string, string> = {}): Promise<Serving> => {
  const folder = mkdtempSync(join(tmpdir(), "tieout-console-"));
  let port = "0";
  const start = async (): Promise<{ readonly server: RunningServer; readonly scope: Scope.CloseableScope }> => {
    const scope = Effect.runSync(Scope.make());
    const server = await Effect.runPromise(
      Effect.gen(function* () {
        const config = yield* loadConfig({
          env: { PORT: port, TIEOUT_DATA_DIR: join(folder, "data"), ...env },
          cwd: folder,
        });
        return yield* startServer(config, { log: () => {}, fatal: (reason) => assert.fail(reason), ...options });
      }).pipe(Scope.extend(scope)),
    );
    await server.host.recovered;
    port = String(server.port);
    return { server, scope };
  };
  let running: Awaited<ReturnType<typeof start>> | null = await start();
  const stop = async (): Promise<void> => {
    const { scope } = running!;
    running = null;
    await Effect.runPromise(Scope.close(scope, Exit.void));
  };
  return {
    get server() {
      return running!.server;
    },
    url: running.server.url,
    take: async (events) => {
      const authorization = `Bearer ${readToken(join(folder, "data"))}`;
      for (let from = 0; from < events.length; from += 500) {
        const bodies = events.slice(from, from + 500).map((event) => new TextEncoder().encode(JSON.stringify(event)));
        const init = { method: "POST", headers: { authorization }, body: frame(bodies) };
        const { status } = await fetch(`${running!.server.url}/internal/import/stripe`, init);
        assert.equal(status, 200);
      }
      await running!.server.idle();
    },
    stop,
    again: async () => {
      running = await start();
    },
    end: async () => {
      if (running !== null) await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

let browser: Promise<Browser> | null = null;
export const closeBrowser = async (): Promise<void> => {
  const open = browser;
  browser = null;
  await (await open)?.close();
};

export interface Heard {
  /** Errors and warnings of the page, and requests that failed; each test says which it meant to provoke. */
  readonly wrong: string[];
}

/** Every page hears what it must not say: errors, refused scripts and styles, answers that are errors. */
export const openPage = async (
  url: string,
  options: BrowserContextOptions = {},
): Promise<{ readonly page: Page; readonly heard: Heard }> => {
  browser ??= chromium.launch({ executablePath: chromiumPath!, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
  const context = await (await browser).newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const wrong: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") wrong.push(`${message.type()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => wrong.push(`uncaught: ${error.stack ?? error.message}`));
  page.on("request", (request) => {
    const to = new URL(request.url());
    if (to.origin !== new URL(url).origin && to.protocol !== "data:") wrong.push(`asked elsewhere: ${request.url()}`);
  });
  await page.addInitScript(
    "document.addEventListener('securitypolicyviolation', (e) => console.error('policy: ' + e.violatedDirective + ' ' + e.blockedURI))",
  );
  await page.goto(url);
  return { page, heard: { wrong } };
};

export const shoot = async (page: Page, name: string): Promise<void> => {
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: join(shots, `${name}.png`), animations: "disabled" });
};

interface Finding {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: ReadonlyArray<{ readonly html: string; readonly failureSummary: string }>;
}

/** In light and in dark: axe finds nothing serious or critical. Leaves a picture of each. */
export const checkPage = async (page: Page, name: string): Promise<void> => {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await shoot(page, `${name}-${colorScheme}`);
    const found = (await page.evaluate(
      `${axeSource}; axe.run(document, { resultTypes: ["violations"] }).then((r) => r.violations)`,
    )) as Finding[];
    const told = found
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`));
    assert.deepEqual(told, [], `${name} in ${colorScheme}`);
  }
};
