/** Now, Search and Account in a real Chromium, over a real server in which the sample company plays its quarter. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, it } from "vitest";
import { chart } from "../../server/console/app/chart.ts";
import { playSample } from "../../server/sample.ts";
import type { Loose } from "../../server/testing/world.ts";
import { firstKey, within } from "../access/company.ts";
import { checkPage, chromiumPath, closeBrowser, openPage, type Serving, serve, shoot } from "./testing/browser.ts";

describe.skipIf(chromiumPath === null)("the console in Chromium", () => {
  let serving: Serving;
  let page: Page;
  let wrong: string[];
  let account: Loose;

  const api = async (path: string): Promise<Loose> => (await fetch(`${serving.url}${path}`)).json();
  const go = async (path: string): Promise<void> => {
    await page.goto(`${serving.url}${path}`);
  };
  const quiet = (): void => assert.deepEqual(wrong.splice(0), []);
  /** With an outage that is shorter than for people. */
  const shortMs = 400;
  const play = () =>
    playSample({
      sandbox: { ...serving.server.sandbox!, outage: () => serving.server.sandbox!.outage(shortMs) },
      host: serving.server.host,
      url: serving.url,
      idle: serving.server.idle,
      now: Date.now,
      say: () => {},
      paceMs: 20,
    });
  /** Where each region is lit. */
  const lit = (): Promise<Record<string, string>> =>
    page.$$eval("[data-lit=true]", (found) =>
      Object.fromEntries(
        found.map((state) => [
          state.closest("[data-region]")?.getAttribute("data-region") ?? "",
          state.getAttribute("data-state") ?? "",
        ]),
      ),
    );
  const isLit = async (regions: Record<string, string>): Promise<void> => {
    for (const [region, state] of Object.entries(regions))
      await page.waitForSelector(`[data-region=${region}] [data-state=${state}][data-lit=true]`);
    assert.deepEqual(await lit(), regions);
  };

  beforeAll(async () => {
    serving = await serve();
    const opened = await openPage(serving.url, { reducedMotion: "reduce" });
    page = opened.page;
    wrong = opened.heard.wrong;
  });
  afterAll(async () => {
    await closeBrowser();
    await serving?.end();
  });

  it("[CO1] figures move while the sample plays, without the page being loaded again, and end as the API has them", async () => {
    await page.waitForSelector("h1:has-text('Nothing to act on')");
    let loads = 0;
    page.on("load", () => {
      loads += 1;
    });
    const counts = (): Promise<string> =>
      page.$$eval("[data-stage]", (cells) => cells.map((cell) => cell.textContent).join(" "));
    const seen = new Set([await counts()]);
    let playing = true;
    const played = play().finally(() => {
      playing = false;
    });
    while (playing) {
      await page.waitForTimeout(250);
      seen.add(await counts());
    }
    await played;
    assert.ok(seen.size > 3, `the figures stood still: ${[...seen].join(" | ")}`);
    const told = await api("/v1/now");
    const wanted = told.stages.map(({ accounts }: Loose) => String(accounts)).join(" ");
    // Asked from here: the page's policy lets nobody evaluate a text in it.
    for (let turn = 0; turn < 100 && (await counts()) !== wanted; turn++) await page.waitForTimeout(50);
    assert.equal(await counts(), wanted);
    await page.waitForSelector("h1:has-text('2 exceptions to act on')");
    assert.ok((await page.textContent("main"))!.includes("A payment of 300.00 USD names no invoice"));
    assert.equal(told.accounts, 12);
    assert.equal(loads, 0);
    quiet();
    await checkPage(page, "now");
    quiet();
  });

  it("[CO2] an account is found by its number in NetSuite, from the keyboard alone, and by amount, word and correlation id", async () => {
    const invoice = (await api("/v1/accounts/stripe:cus_1")).invoices[0];
    const { id } = invoice.systems.netsuite;
    await page.keyboard.press("/");
    await page.keyboard.type(`netsuite:invoice:${id}`);
    await page.keyboard.press("Enter");
    await page.waitForSelector("td a:has-text('Acme Robotics')");
    await page.keyboard.press("Tab");
    for (let i = 0; i < 12 && (await page.evaluate("document.activeElement.tagName")) !== "TR"; i++)
      await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForSelector("h1:has-text('Acme Robotics')");
    assert.match(page.url(), /\/accounts\/acct_/);
    account = await api("/v1/accounts/stripe:cus_1");

    const found = async (q: string): Promise<ReadonlyArray<string>> =>
      (await api(`/v1/accounts?q=${encodeURIComponent(q)}`)).items.map(({ name }: Loose) => name);
    assert.deepEqual(await found("1,200.00 USD"), ["Acme Robotics"]);
    assert.deepEqual(await found("98000"), ["Sakura Design"]);
    assert.deepEqual(await found("98000 eur"), []);
    assert.deepEqual(await found("751.500"), []);
    const told = {
      ...{ specversion: "1.0", id: "told-1", source: "usage", type: "account.told", subject: "account/acme-robotics" },
      ...{ time: new Date().toISOString(), correlationid: "order-4711" },
      data: { status: "active", name: null, email: null, currency: null, parent: null, legalId: null },
    };
    await serving.server.sandbox!.deliver("usage", told);
    await serving.server.idle();
    assert.deepEqual(await found("order-4711"), ["Acme Robotics"]);
    await go("/search?q=harbor");
    await page.waitForSelector("td a:has-text('Harbor Foods')");
    await checkPage(page, "search");
    await go("/search?q=nobody-at-all");
    await page.waitForSelector("text=Nothing is known by that");
    quiet();
  });

  it("[CO3] the chart is lit where the machine stands, and shows the way of its last transition", async () => {
    const machine = await api(`/v1/accounts/${account.id}/machine`);
    assert.deepEqual(
      chart.regions.map(({ name, states }) => [name, states.map((state) => state.name)]),
      Object.entries(machine.definition.regions).map(([name, region]) => [name, Object.keys((region as Loose).states)]),
    );
    await go(`/accounts/${account.id}`);
    await isLit(machine.configuration);
    const { transitions } = await api(`/v1/accounts/${account.id}/timeline`);
    const last = transitions.at(-1);
    for (const [region, to] of Object.entries(last.to)) {
      const walked = await page.$$eval(`[data-region=${region}] .edge.walked`, (edges) =>
        edges.map((edge) => edge.getAttribute("data-edge") ?? ""),
      );
      if (last.from[region] === to) assert.deepEqual(walked, [], region);
      else
        assert.ok(
          walked.some((edge) => edge.startsWith(`${last.from[region]}→`)) &&
            walked.some((edge) => edge.endsWith(`→${to}`)),
        );
    }
    assert.ok((await page.$$(".edge.walked")).length > 0);
    quiet();
  });

  it("[CO4] what agrees is quiet and what differs is loud, with both values, whose word counts and why", async () => {
    const row = await page.waitForSelector("[data-row='payment ch_581'], tr.differs");
    const text = (await row.textContent())!;
    assert.match(text, /gateway/);
    assert.match(text, /missing/);
    assert.match(text, /stripe says 300\.00 USD/);
    assert.match(text, /has no counterpart in netsuite/);
    assert.equal((await page.$$("[data-loud=true]")).length, 1);
    const { items } = await api(`/v1/reconciliations/latest?account=${account.id}&status=matched&limit=200`);
    const rows = await page.$$(".matrix tbody tr");
    assert.equal(rows.length, items.length + 1);
    for (const { number } of account.invoices) assert.ok(await page.$(`[data-row='invoice ${number}']`), number);
  });

  it("[CO5] an obligation tells its attempts and what the vendor said in plain words, and the request and answer word for word", async () => {
    const { items } = await api(`/v1/commands?account=${account.id}&limit=200`);
    const late = items.find(({ attempts, row }: Loose) => attempts > 1 && row === "invoice.posted");
    assert.ok(late, "the outage of the ERP left no command that was tried twice");
    await page.click(`tr:has-text("${late.source.split("/")[1]}") button:has-text("invoice posted")`);
    const dialog = await page.waitForSelector("dialog[open] .exchange");
    assert.ok(dialog);
    const text = (await page.textContent("dialog"))!;
    assert.match(text, /PUT http:\/\/127\.0\.0\.1:\d+\/services\/rest\/record\/v1\/invoice/);
    assert.match(text, /answered 503/);
    assert.match(text, /SERVICE_UNAVAILABLE/);
    assert.ok(!/authorization|bearer/i.test(text));
    await checkPage(page, "command");
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog", { state: "detached" });
    quiet();
  });

  it("[CO6] scrubbed back, by slider, by key or by entry, the account is shown as it stood then, and now again", async () => {
    const { transitions, items } = await api(`/v1/accounts/${account.id}/timeline`);
    const posting = transitions.find(({ to }: Loose) => to.ledger === "posting" && to.cash === "settled");
    const entry = items.find(({ position }: Loose) => position === posting.position);
    const then = await api(
      `/v1/accounts/${account.id}?knownAt=${encodeURIComponent(new Date(entry.at).toISOString())}`,
    );
    await go(`/accounts/${account.id}?entry=${posting.position}`);
    await isLit(then.regions);
    await page.waitForSelector(".scrubber.past");
    const shown = await page.$$eval(".matrix tbody tr", (rows) => rows.map((row) => row.getAttribute("data-row")));
    assert.deepEqual(
      shown,
      then.invoices.map(({ number }: Loose) => `invoice ${number}`),
    );
    await checkPage(page, "account-then");
    await page.keyboard.press("[");
    await page.waitForURL((address) => Number(address.searchParams.get("entry")) < posting.position);
    await page.focus("input[type=range]");
    await page.keyboard.press("Home");
    await isLit({ lifecycle: "prospect", subscription: "none", ledger: "clear", cash: "clear", sync: "agreed" });
    await page.keyboard.press("End");
    await isLit((await api(`/v1/accounts/${account.id}/machine`)).configuration);
    assert.ok(!page.url().includes("entry="));
    await page.click(`[data-position="${items.at(-3).position}"]`);
    await page.waitForSelector(".scrubber.past");
    await page.click("text=Back to now");
    await page.waitForSelector(".scrubber:not(.past)");
    quiet();
  });

  it("[CO7] an account moves on its page while it is looked at, and a person's act stands in its timeline", async () => {
    const before = (await page.$$(".entry")).length;
    const init = { method: "POST", headers: { "content-type": "application/json" } };
    const act = async (verb: string, reason: string): Promise<void> => {
      const answer = await fetch(`${serving.url}/v1/accounts/${account.id}/${verb}`, {
        ...init,
        body: JSON.stringify({ reason }),
      });
      assert.equal(answer.status, 200, await answer.text());
    };
    await act("park", "looked at by finance");
    await page.waitForSelector("[data-region=sync] [data-state=parked][data-lit=true]");
    await page.waitForSelector(".entry.person:has-text('looked at by finance')");
    assert.ok((await page.$$(".entry")).length >= before);
    await checkPage(page, "account");
    await act("release", "done");
    await page.waitForSelector("[data-region=sync] [data-state=agreed][data-lit=true]");
    await shoot(page, "account-wide");
    quiet();
  });

  it("[CO8] when the server goes the page says so and keeps what it had; when it is back it goes on by itself", async () => {
    await go("/");
    await page.waitForSelector("h1:has-text('to act on')");
    await serving.stop();
    const notice = await page.waitForSelector("[role=alert]:has-text('The server does not answer')");
    assert.match((await notice.textContent())!, /What is shown is from/);
    assert.ok(await page.$("h1:has-text('to act on')"));
    // Another page's code and answers do not come: that, too, is said.
    await page.click("nav >> text=Accounts");
    await page.waitForSelector(".failure");
    await shoot(page, "server-gone");
    await serving.again();
    await page.waitForSelector("[data-state=live]", { timeout: 20_000 });
    await page.waitForSelector("td a:has-text('Acme Robotics')");
    assert.equal(await page.$("[role=alert]"), null);
    // The browser itself says of each attempt that nobody answered, or that it was too early.
    assert.deepEqual(
      wrong
        .splice(0)
        .filter(
          (said) =>
            !/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET|status of 503/.test(
              said,
            ),
        ),
      [],
    );
  });

  it("[CO9] an account with five thousand events opens within two seconds, scrolls, and goes back page by page", async () => {
    const { sandbox } = serving.server;
    const { operations, drainEvents } = sandbox!.stripe;
    const customer = operations.createCustomer({ name: "Busy Bees" });
    for (let i = 0; i < 5000; i++) operations.updateCustomer(customer, { name: `Busy Bees ${i % 7}` });
    await serving.take(drainEvents());
    const began = Date.now();
    await go(`/accounts/stripe:${customer}`);
    await page.waitForSelector(".entry");
    await page.waitForSelector("[data-region=lifecycle] [data-lit=true]");
    const openedMs = Date.now() - began;
    assert.ok(openedMs < 2000, `it took ${openedMs} ms`);
    const rows = await page.$$(".entry");
    assert.ok(rows.length < 60, `${rows.length} rows are drawn at once`);
    await page.click("text=Load earlier entries");
    await page.waitForSelector(".entry-filter:has-text('1,000 entries')");
    await page.$eval(".entries", (list) => {
      list.scrollTop = list.scrollHeight;
    });
    const oldest = (await api(`/v1/accounts/stripe:${customer}/timeline?limit=1000`)).items[0].position;
    await page.click(`[data-position="${oldest}"]`);
    await page.waitForSelector(".scrubber.past");
    quiet();
  });

  it("[CO27] outside the sandbox the key is asked for, a wrong one is told why, and a good one is kept for the tab and in no address", async () => {
    await within(async ({ server, invoiced }) => {
      await invoiced("stripe-eu", "cus_keyed");
      await server.idle();
      const { page: other, heard } = await openPage(`${server.url}/search`);
      await other.waitForSelector("form.key-form");
      assert.ok(!(await other.content()).includes("cus_keyed"));
      await checkPage(other, "key");
      await other.fill("input[name=key]", `${firstKey}x`);
      await other.keyboard.press("Enter");
      await other.waitForSelector("form.key-form:has-text('This key does not open')");
      await other.fill("input[name=key]", firstKey);
      await other.keyboard.press("Enter");
      await other.waitForSelector("td a:has-text('Person of cus_keyed')");
      await other.waitForSelector("[data-state=live]");
      await other.reload();
      await other.waitForSelector("td a:has-text('Person of cus_keyed')");
      assert.ok(!other.url().includes(firstKey));
      await other.click("text=Forget key");
      await other.waitForSelector("form.key-form");
      assert.deepEqual(
        heard.wrong.filter((said) => !said.includes("status of 401")),
        [],
      );
      await other.close();
    });
  });

  it("[CO10] the first paint comes within a second", async () => {
    await go("/");
    await page.waitForSelector("h1:has-text('to act on')");
    const paint = await page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime");
    assert.ok(Number(paint) < 1000, `${paint} ms`);
  });
});
