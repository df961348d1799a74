/** API keys over a real server: made, used, rotated, expired, revoked, kept over a restart, and nowhere in the data directory. */
import assert from "node:assert/strict";
import { it } from "vitest";
import { firstKey, scratch, within } from "./company.ts";

it("[SE1] a key is made, shown once, used, listed and revoked; each act names it; its text is in no answer afterwards", async () => {
  await within(async (company) => {
    const { ask, act, make, invoiced } = company;
    await invoiced("stripe-eu", "cus_a");
    const made = await make("month-end", ["operate"], { owner: "ada" });
    assert.match(made.secret, /^tieout_[a-z0-9]{12}_[\w-]{43}$/);
    const before = company.answers.length;
    assert.equal((await ask("/v1/accounts", made.secret)).status, 200);
    const parked = await act("/v1/accounts/stripe-eu:cus_a/park", made.secret, { reason: "looks odd" });
    assert.equal(parked.status, 200, parked.text);
    const told = (await ask("/v1/accounts/stripe-eu:cus_a/timeline", made.secret)).body;
    const note = told.items.find((item: { note: { type?: string } | null }) => item.note?.type === "party.parked").note;
    assert.equal(note.by, `month-end (key ${made.id})`);
    const [listed] = (await ask("/v1/keys", firstKey)).body.items;
    assert.deepEqual([listed.id, listed.state, listed.uses, listed.owner], [made.id, "good", 3, "ada"]);
    const revoked = await act(`/v1/keys/${made.id}/revoke`, firstKey, { reason: "left the company" });
    assert.deepEqual([revoked.status, revoked.body.state, revoked.body.revokedBy], [200, "revoked", "TIEOUT_API_KEY"]);
    const refused = await ask("/v1/accounts", made.secret);
    assert.equal(refused.status, 401);
    assert.match(refused.body.detail, new RegExp(`${made.id} was revoked`));
    assert.equal((await act(`/v1/keys/${made.id}/revoke`, firstKey, { reason: "again" })).status, 409);
    assert.ok(company.answers.slice(before).every((text) => !text.includes(made.secret.split("_").slice(2).join("_"))));
  });
});

it("[SE2] after a rotation both secrets open for the overlap, then only the new one; without an overlap the old one ends at once", async () => {
  await within(async ({ ask, act, make }) => {
    const made = await make("rotating", ["read"]);
    const first = (await act(`/v1/keys/${made.id}/rotate`, firstKey, { reason: "yearly" })).body;
    assert.ok(Math.abs(first.oldSecretUntil - first.rotatedAt - 86_400_000) < 5000);
    for (const secret of [made.secret, first.secret]) assert.equal((await ask("/v1/accounts", secret)).status, 200);
    const second = (await act(`/v1/keys/${made.id}/rotate`, firstKey, { overlapSeconds: 1, reason: "leaked" })).body;
    assert.equal((await ask("/v1/accounts", first.secret)).status, 200);
    await new Promise((resolve) => setTimeout(resolve, 1050));
    const over = await ask("/v1/accounts", first.secret);
    assert.equal(over.status, 401);
    assert.match(over.body.detail, /was replaced/);
    assert.equal((await ask("/v1/accounts", made.secret)).status, 401);
    const third = (await act(`/v1/keys/${made.id}/rotate`, firstKey, { overlapSeconds: 0, reason: "now" })).body;
    assert.equal((await ask("/v1/accounts", second.secret)).status, 401);
    assert.equal((await ask("/v1/accounts", third.secret)).status, 200);
    assert.equal((await act("/v1/keys/nosuchkeyaaa/rotate", firstKey, { reason: "x" })).status, 404);
  });
});

it("[SE3] the same request under one Idempotency-Key makes one key and shows its secret once; what is wrong with a request is told at once", async () => {
  await within(async ({ ask, act }) => {
    const body = { name: "once", scopes: ["read"], reason: "one" };
    const once = { "idempotency-key": "make-once" };
    const [first, again] = [await act("/v1/keys", firstKey, body, once), await act("/v1/keys", firstKey, body, once)];
    assert.deepEqual([first.body.id, again.headers.get("idempotent-replayed")], [again.body.id, "true"]);
    assert.deepEqual([typeof first.body.secret, again.body.secret], ["string", null]);
    assert.equal((await ask("/v1/keys", firstKey)).body.items.length, 1);
    const wrong = await act("/v1/keys", firstKey, {
      ...{ name: "", scopes: ["root"], entities: [], approveUpToMinor: { usd: 1 }, ratePerMinute: 0 },
      ...{ expiresAt: "2020-01-01T00:00:00Z", reason: "wrong" },
    });
    assert.equal(wrong.status, 422, wrong.text);
    assert.ok(wrong.body.reasons.length >= 6, wrong.text);
  });
});

it("[SE22] a key for a legal entity that no connection names is refused with those that there are, unless it is meant; then it sees nothing", async () => {
  await within(async ({ ask, act, invoiced }) => {
    await invoiced("stripe-eu", "cus_e");
    const body = { name: "typo", scopes: ["read"], entities: ["eu", "emea"], reason: "one of them is misspelt" };
    const refused = await act("/v1/keys", firstKey, body);
    assert.deepEqual([refused.status, refused.body.type], [422, "urn:tieout:problem:refused-act"]);
    assert.match(refused.body.detail, /no connection is of emea; there are default, eu, us\b/);
    assert.deepEqual((await ask("/v1/keys", firstKey)).body.items, []);
    const meant = await act("/v1/keys", firstKey, { ...body, entities: ["emea"], allowUnknown: true });
    assert.deepEqual([meant.status, meant.body.entities], [200, ["emea"]], meant.text);
    assert.deepEqual((await ask("/v1/accounts", meant.body.secret)).body.items, []);
    assert.equal((await act("/v1/keys", firstKey, { ...body, entities: ["eu"] })).status, 200);
  });
});

it("[SE4] keys, their ends and their uses are kept over a restart, follow from the journal, and their secrets are in no file", async () => {
  const { folder, remove } = scratch();
  try {
    const [good, gone] = await within(
      async ({ make, act, ask }) => {
        const kept = await make("kept", ["read"]);
        const ended = await make("ended", ["read"]);
        for (let i = 0; i < 5; i++) await ask("/v1/accounts", kept.secret);
        await act(`/v1/keys/${ended.id}/revoke`, firstKey, { reason: "done" });
        return [kept, ended];
      },
      {},
      folder,
    );
    await within(
      async ({ ask, server }) => {
        assert.equal((await ask("/v1/accounts", good.secret)).status, 200);
        assert.equal((await ask("/v1/accounts", gone.secret)).status, 401);
        const listed = (await ask("/v1/keys", firstKey)).body.items.find((item: { id: string }) => item.id === good.id);
        assert.equal(listed.uses, 6);
        const { findings } = (await server.host.ask({ name: "verify" })) as { findings: unknown[] };
        assert.deepEqual(findings, []);
      },
      {},
      folder,
    );
    const { execFileSync } = await import("node:child_process");
    for (const { secret } of [good, gone]) {
      const found = execFileSync("sh", [
        "-c",
        `grep -rlF -- "$1" "$2" || true`,
        "sh",
        secret.split("_").slice(2).join("_"),
        folder,
      ]);
      assert.equal(String(found), "");
    }
  } finally {
    remove();
  }
});
