/** People at work in a real Chromium: queues, dead letters, mappings, the shuffle, reconciliation, revenue; by mouse and by keyboard. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, it } from "vitest";
import { actOnAll } from "../../domain/rules.ts";
import { type Company, scratch, within } from "../../server/operators/testing/company.ts";
import type { Loose } from "../../server/testing/world.ts";
import { checkPage, chromiumPath, closeBrowser, openPage, shoot } from "./testing/browser.ts";

describe.skipIf(chromiumPath === null)("people at work in the console, in Chromium", () => {
  const { folder, remove } = scratch();
  let company: Company;
  let leave: () => void = () => {};
  let left: Promise<void>;
  let page: Page;
  let wrong: string[];
  /** New customers are refused by the ERP while it is true. */
  let isRefusing = false;

  const go = async (path: string): Promise<void> => {
    await page.goto(`${company.server.url}${path}`);
  };
  const quiet = (): void => assert.deepEqual(wrong.splice(0), []);
  const button = (name: string | RegExp, within: Page | Locator = page): Locator =>
    within.getByRole("button", { name, exact: typeof name === "string" });
  const row = (text: string | RegExp): Locator => page.locator("tbody tr").filter({ hasText: text });
  const isSeen = (text: string | RegExp): Promise<void> => page.getByText(text).first().waitFor();
  const textOf = async (found: Locator): Promise<string> =>
    ((await found.textContent()) ?? "").replaceAll(/\s+/g, " ").trim();
  /** The page draws in its own time. */
  const until = async (holds: () => Promise<boolean>, say: string): Promise<void> => {
    for (let turn = 0; turn < 100; turn++) {
      if (await holds()) return;
      await page.waitForTimeout(20);
    }
    assert.fail(say);
  };
  /** In the open question. */
  const answer = async (verb: string | RegExp, reason: string): Promise<void> => {
    const dialog = page.locator("dialog[open]");
    await dialog.getByLabel("Reason").fill(reason);
    await button(verb, dialog).click();
    await dialog.waitFor({ state: "detached" });
  };

  beforeAll(async () => {
    await new Promise<void>((opened, failed) => {
      const rules = { ...actOnAll, rows: { "payment.applied": "propose" as const } };
      left = within(
        join(folder, "data"),
        async (made) => {
          company = made;
          const { faults } = made.server.sandbox!.netsuite;
          Object.assign(faults, { rejectCustomers: { has: () => isRefusing } });
          opened();
          await new Promise<void>((end) => {
            leave = end;
          });
        },
        { rules },
      );
      left.catch(failed);
    });
    const opened = await openPage(company.server.url, { reducedMotion: "reduce", acceptDownloads: true });
    page = opened.page;
    wrong = opened.heard.wrong;
  });
  afterAll(async () => {
    await closeBrowser();
    leave();
    await left;
    remove();
  });

  it("[CO46] pages with nothing to show say so, and what is not there is told in words", async () => {
    for (const [path, words] of [
      ["/exceptions", "Nothing is open"],
      ["/exceptions?queue=faults", "Nothing is wrong with the pipes"],
      ["/commands", "No system refuses anything"],
      ["/reconciliation", "Everything ties out"],
      ["/revenue", "No figure fits"],
      ["/connections", "None was set"],
    ] as const) {
      await go(path);
      await isSeen(words);
    }
    quiet();
    await go("/shuffle/stripe:cus_unknown");
    await isSeen("There is no such account");
    await go("/exceptions?id=exc_00000000000000000000");
    await isSeen("There is no such exception");
    // Both were meant to fail.
    assert.ok(wrong.splice(0).every((line) => /404/.test(line)));
  });

  it("[CO47] why an invoice is not posted is read, the mapping is put right there, and the invoice walks to posted while it is looked at", async () => {
    await company.done("/v1/mappings", { target: "netsuite", name: "currency:USD", to: "999" });
    const { customer } = company.invoiced(12_500, { name: "Mistaken Ltd" });
    await company.deliver();
    await go("/exceptions");
    await row("rejected").first().click();
    const detail = page.getByRole("complementary", { name: "The exception" });
    await detail
      .getByText(/Invalid currency reference key 999/)
      .first()
      .waitFor();
    await checkPage(page, "exceptions");
    await detail.getByRole("link", { name: "Set a mapping in netsuite" }).click();
    const dialog = page.locator("dialog[open]");
    await dialog.waitFor();
    // Somebody set it, and it is taken out again.
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    await row("currency:USD").getByText("999").first().waitFor();
    await page.getByRole("link", { name: "Change currency:USD of netsuite" }).click();
    await dialog.getByLabel("Take it out").check();
    assert.ok(await button("Take it out", dialog).isDisabled(), "without a reason nothing is done");

    const watching = await page.context().newPage();
    await watching.goto(`${company.server.url}/search?q=Mistaken`);
    const stage = watching.locator("tbody tr").first().locator(".badge").first();
    await stage.getByText("invoiced").waitFor();
    await answer("Take it out", "that id is of another account");
    await stage.getByText("posted").waitFor();
    await watching.close();
    await row("currency:USD").getByText("the configuration's").first().waitFor();
    const account = await company.account(customer);
    assert.equal(account.stage, "posted");
    await go("/exceptions");
    await isSeen("Nothing is open");
    quiet();
  });

  it("[CO48] a held command is approved where its exception tells of it, and goes", async () => {
    const { invoice, customer } = company.invoiced(30_000, { name: "Patient Ltd" });
    company.server.sandbox!.stripe.operations.payInvoice(invoice);
    await company.deliver();
    await go("/commands?state=held");
    await row("post cash application").click();
    await page
      .getByText(/waits for somebody's approval/)
      .first()
      .waitFor();
    await go("/exceptions?type=approval");
    await row("approval").press("Enter");
    await button("Approve…").click();
    await answer("Approve", "as agreed with the customer");
    await isSeen("It is approved.");
    await isSeen("Nothing fits the filters");
    await company.server.idle();
    assert.equal((await company.account(customer)).stage, "paid");
    const { items } = await company.get("/v1/audit?type=command.approve");
    assert.equal(items[0].reason, "as agreed with the customer");
    quiet();
  });

  it("[CO49] dead letters are sent again in bulk: counted before, followed while it goes on, each failure told, and those tried again alone", async () => {
    isRefusing = true;
    for (let i = 0; i < 12; i++) company.invoiced(1000 + i, { name: `Refused ${i}` });
    await company.deliver();
    await go("/commands");
    await row("post customer").first().waitFor();
    assert.equal(await row("post customer").count(), 12);
    await row("post customer").first().click();
    await page.getByText("netsuite said: USER_ERROR: This customer is not accepted.").waitFor();
    const exchange = page.locator(".exchanges details").first();
    await exchange.locator("summary").click();
    await exchange.getByText("This customer is not accepted").waitFor();
    assert.doesNotMatch(await textOf(exchange), /authorization|bearer/i);
    await checkPage(page, "dead-letters");
    // Two of them by the keyboard, then all.
    await button("Close", page.getByRole("complementary", { name: "The command" })).click();
    await row("post customer").first().focus();
    await page.keyboard.press("Space");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Space");
    await page.getByText("2 commands chosen").waitFor();
    await page.getByLabel("Choose all rows shown").check();
    await page.getByText("12 commands chosen").waitFor();
    await button("Send again…").click();
    await page.locator("dialog[open]").getByText("12 commands").first().waitFor();
    await shoot(page, "bulk-preview");
    await answer("Send again 12", "the ERP was told to take them");
    await page.getByText("12 of 12").waitFor();
    await page.getByText("12 failed").waitFor();
    const job = page.getByRole("region", { name: "Bulk act" });
    assert.equal(await job.locator("tbody tr").count(), 12);
    isRefusing = false;
    await shoot(page, "bulk-failed");
    await button("Try the failed again…").click();
    await page.locator("dialog[open]").getByText("12 commands").first().waitFor();
    await answer("Send again 12", "now it does");
    await page.getByText(/0 failed, 12 came through; it is at its end/).waitFor();
    await isSeen("No system refuses anything");
    assert.equal((await company.get("/v1/commands?state=rejected")).items.length, 0);
    quiet();
  });

  it("[CO50] exceptions are assigned and put off, one and many, by everything that a filter finds", async () => {
    const { operations } = company.server.sandbox!.stripe;
    for (let i = 0; i < 3; i++) operations.refundCharge(operations.payInvoice(company.invoiced(5000).invoice)!);
    await company.deliver();
    await go("/exceptions?type=refund-without-credit");
    await row("refund without credit").first().waitFor();
    await page.getByLabel("Choose all rows shown").check();
    await button("Assign…").click();
    await page.locator("dialog[open]").getByLabel("To whom").fill("ada");
    await answer("Assign 3", "month end");
    await page.getByText(/0 failed, 3 came through/).waitFor();
    await go("/exceptions?assignee=ada&amountOverMinor=100&currency=USD");
    await page.getByText("3 exceptions", { exact: true }).waitFor();
    await row("refund without credit").first().click();
    await button("Snooze…").click();
    await page.locator("dialog[open]").getByLabel("Until").fill("2099-01-31T09:00");
    await answer("Snooze", "the credit note comes tomorrow");
    await page.getByText("2 exceptions", { exact: true }).waitFor();
    quiet();
  });

  it("[CO51] an account's events are shuffled by chance, by hand and from the keyboard, lost and sent again, and come out the same; so do two hundred orders", async () => {
    const { customer } = company.invoiced(7700, { name: "Shuffled Ltd" });
    await company.deliver();
    await go(`/shuffle/stripe:${customer}`);
    await isSeen("The same, byte for byte");
    const list = page.getByRole("list", { name: "Events in the order of their arrival" });
    const order = (): Promise<ReadonlyArray<string>> => list.locator("li .what").allInnerTexts();
    const before = await order();
    const handle = list.locator("button.handle").first();
    await handle.focus();
    await page.keyboard.press("End");
    await until(async () => (await order()).at(-1) === before[0], "End moves it to the end");
    assert.deepEqual(await order(), [...before.slice(1), before[0]]);
    // The handle keeps the focus, wherever it went.
    await page.keyboard.press("ArrowUp");
    await until(async () => (await order()).at(-2) === before[0], "an arrow moves it by one");
    await isSeen("The same, byte for byte");
    await button(/^Lose /)
      .first()
      .click();
    await list.getByText("lost here").waitFor();
    await list.getByText("sent again").waitFor();
    await button(/^×2: send /)
      .first()
      .click();
    await list.getByText("sent twice").waitFor();
    await isSeen("The same, byte for byte");
    // By the mouse as well.
    const first = (await order())[0]!;
    // A hand that lets go before the page has drawn the row under it tries again.
    const dragged = async (): Promise<boolean> => {
      if ((await order())[0] !== first) return true;
      await list.locator("li").first().dragTo(list.locator("li").nth(4));
      return (await order())[0] !== first;
    };
    await until(dragged, "dragging moves it");
    await isSeen("The same, byte for byte");

    await page.getByLabel("Deliveries that have arrived").fill("2");
    await isSeen("Half-way, after 2");
    await shoot(page, "shuffle-half-way");
    await go(`/shuffle/stripe:${customer}?seed=7`);
    await isSeen("The same, byte for byte");
    const seeded = await order();
    await button("Shuffle").click();
    assert.match(page.url(), /seed=\d+/);
    await page.getByLabel("seed").fill("7");
    await button("Take it").click();
    await page.waitForURL(/seed=7$/);
    await until(async () => String(await order()) === String(seeded), "the same seed is the same order");
    await isSeen("The same, byte for byte");
    await button("Try 200 orders").click();
    await page.getByText("200 of 200 the same").waitFor();
    await checkPage(page, "shuffle");
    quiet();
  });

  it("[CO52] the reconciliation is read leg by leg, a line is healed from where it is shown, and the lines are saved for a spreadsheet", async () => {
    const { invoice } = company.invoiced(41_000, { name: "Differing Ltd" });
    company.server.sandbox!.stripe.operations.payInvoice(invoice);
    await company.deliver();
    await go("/reconciliation");
    await page.getByRole("link", { name: "payments" }).click();
    await page.waitForURL(/leg=payments/);
    await row("410.00").first().click();
    await page.getByText("What would put it right:").waitFor();
    await checkPage(page, "reconciliation");
    const [saved] = await Promise.all([page.waitForEvent("download"), button("Save as CSV").click()]);
    const lines = readFileSync((await saved.path())!, "utf8").split("\n");
    assert.match(lines[0]!, /^id,leg,status,currency,atRisk/);
    assert.ok(
      lines.some((line) => line.includes("USD,410.00,-410.00")),
      lines.join("\n"),
    );
    await button(/^Heal: approve the command/).click();
    await answer("Do it", "the payment is there");
    await company.server.idle();
    await button("Reconcile now…").click();
    await answer("Begin", "month end");
    await page.getByText(/^Finished/).waitFor();
    await row("410.00").first().waitFor({ state: "detached" });
    quiet();
  });

  it("[CO53] a figure of revenue is taken apart to its entries, and an entry to the bytes as they came", async () => {
    const { operations } = company.server.sandbox!.stripe;
    const customer = operations.createCustomer({ name: "Subscribed Ltd" });
    operations.createSubscription({ customer, amountMinor: 120_000 } as never);
    await company.deliver();
    await go("/revenue");
    await page.locator("canvas").waitFor();
    await page.getByText("expected", { exact: true }).waitFor();
    await checkPage(page, "revenue");
    const cell = page.locator("tbody a.cell").first();
    const figure = await textOf(cell);
    await cell.click();
    const parts = page.getByRole("complementary", { name: "What the figure is made of" });
    await parts.getByRole("heading").waitFor();
    assert.ok((await textOf(parts.getByRole("heading"))).endsWith(figure));
    await shoot(page, "revenue-parts");
    await parts.locator("tbody a.part").first().click();
    await page.waitForURL(/\/explain\?/);
    await page.locator(".hops > li").first().waitFor();
    const text = await textOf(page.locator(".hops"));
    assert.match(text, /stripe/);
    assert.match(text, /entry|raw|webhook/i);
    await checkPage(page, "explain");
    for (const report of ["revenue-waterfall", "arr", "aging", "journal"]) {
      await go(`/revenue?report=${report}`);
      await page.locator("tbody tr, .empty").first().waitFor();
    }
    await go("/revenue?report=deferred-revenue");
    await page.locator("canvas").waitFor();
    const [saved] = await Promise.all([page.waitForEvent("download"), button("Save as CSV").click()]);
    assert.match(readFileSync((await saved.path())!, "utf8"), /^entity,currency,period,openingMinor/);
    quiet();
  });

  it("[CO54] connections tell how they stand, one is tried from the page, and another policy is looked at before it is taken", async () => {
    await go("/connections");
    const netsuite = page.locator("li.connection").filter({ hasText: "netsuite" });
    await netsuite.getByText("answers").first().waitFor();
    await button("Test…", netsuite).click();
    await answer("Ask it", "to see whether it answers");
    await netsuite.getByText("it answered").waitFor();
    await netsuite.getByText(/by sandbox/).waitFor();
    await page.getByLabel("What if it were").selectOption("erp-led");
    await page
      .getByText(/would stand otherwise|Nothing would be different/)
      .first()
      .waitFor();
    await checkPage(page, "connections");
    assert.equal((await company.get("/v1/policies")).inForce, "billing-led");
    quiet();
  });

  it("[CO55] who may not act is told which scope is missing, and nothing is done", async () => {
    const { items }: Loose = await company.get("/v1/commands?limit=1");
    await page.route("**/v1/commands/*/cancel", (route) =>
      route.fulfill({
        status: 403,
        contentType: "application/problem+json",
        body: JSON.stringify({
          type: "urn:tieout:problem:forbidden",
          title: "This key may not do that",
          status: 403,
          detail: "POST /v1/commands/{key}/cancel needs the scope operate, and ada has read",
          requestId: "r1",
        }),
      }),
    );
    assert.equal(items.length, 1);
    isRefusing = true;
    company.invoiced(900, { name: "Not mine" });
    await company.deliver();
    await go("/commands");
    await row("post customer").first().click();
    await button("Take back…").click();
    const dialog = page.locator("dialog[open]");
    await dialog.getByLabel("Reason").fill("no reason");
    await button("Take back", dialog).click();
    await dialog.getByText(/needs the scope operate/).waitFor();
    await button("Leave it", dialog).click();
    assert.ok(wrong.splice(0).every((line) => /403/.test(line)));
  });
});
