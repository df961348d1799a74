/** Tokens of an identity provider on loopback: who is let in, and every way in which a token may be wrong. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { it } from "vitest";
import { makeOidc, type OidcOptions } from "../../server/access/oidc.ts";
import { type Company, within } from "./company.ts";
import { audience, type Issuer, openIssuer } from "./issuer.ts";

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

const refusal = async ({ ask }: Company, token: string): Promise<string> => {
  const { status, body, text } = await ask("/v1/accounts", token);
  assert.ok(token.length < 20 || !text.includes(token.split(".")[1]!), "a refusal repeats the token");
  return `${status} ${body?.detail ?? ""}`;
};

/** Signed with what everybody knows, as if it were a shared secret; and not signed at all. */
const confused = async (issuer: Issuer) => {
  const claims = { iss: issuer.url, aud: "tieout-test", sub: "eve", scope: "tieout:admin", exp: 4_000_000_000 };
  const head = (alg: string) => `${part({ alg, kid: "key-1" })}.${part(claims)}`;
  const hmac = createHmac("sha256", await issuer.publicPem())
    .update(head("HS256"))
    .digest("base64url");
  return { hmac: `${head("HS256")}.${hmac}`, none: `${head("none")}.`, cut: head("ES256").slice(0, -3) };
};

it("[SE9] a token of the issuer, for us, now, is its subject with our scopes; of another issuer or audience, too early or late, without expiry or subject, unsigned or otherwise signed, it is refused with why", async () => {
  await within(async (company) => {
    const { issuer, ask, act } = company;
    const now = Math.floor(Date.now() / 1000);
    assert.equal((await ask("/v1/accounts", await issuer.token())).status, 200);
    const wrong: ReadonlyArray<readonly [string, RegExp]> = [
      [await issuer.token({ iss: "https://elsewhere.example" }), /another issuer/],
      [await issuer.token({ aud: "another" }), /another audience/],
      [await issuer.token({ aud: null }), /claim aud|audience/],
      [await issuer.token({ exp: now - 120 }), /has expired/],
      [await issuer.token({ exp: null }), /claim exp/],
      [await issuer.token({ nbf: now + 120 }), /not valid yet/],
      [await issuer.token({ sub: null }), /has no sub/],
      [await issuer.token({ sub: { name: "x" } }), /has no sub/],
      [await issuer.token({}, { kid: "key-nobody-has" }), /names no key/],
      [await issuer.token({}, { stranger: true }), /signature does not verify/],
      [(await confused(issuer)).hmac, /algorithm/],
      [(await confused(issuer)).none, /algorithm|well formed/],
      [`${(await confused(issuer)).cut}.AAAA`, /well formed|signature/],
      ["a.b.c", /well formed/],
    ];
    for (const [token, why] of wrong) assert.match(await refusal(company, token), new RegExp(`^401 .*(${why.source})`));
    // A clock that is a little off is forgiven.
    assert.equal((await ask("/v1/accounts", await issuer.token({ exp: now - 5 }))).status, 200);
    assert.equal((await ask("/v1/accounts", await issuer.token({ nbf: now + 5 }))).status, 200);
    for (const scope of ["read operate admin", "tieout:root", "", null])
      assert.match(await refusal(company, await issuer.token({ scope })), /^403 .*needs the scope read/);
    const listed = await issuer.token({ scope: ["tieout:operate"], sub: "Ada Lovelace" });
    await company.invoiced("stripe-eu", "cus_t");
    assert.equal((await act("/v1/accounts/stripe-eu:cus_t/park", listed, { reason: "by token" })).status, 200);
    assert.match((await ask("/v1/accounts/stripe-eu:cus_t/timeline", listed)).text, /"by":"oidc:Ada Lovelace"/);
    const none = await ask("/v1/accounts", await issuer.token({ entities: null }));
    assert.deepEqual([none.status, none.body.items], [200, []], "no entities said: none seen");
  });
});

/** A verifier of its own, with its patience in the test's hands. */
const alone = async (issuer: Issuer, over: Partial<OidcOptions> = {}) => {
  const { verify } = makeOidc({
    ...{
      issuer: issuer.url,
      audience,
      jwksUrl: null,
      scopesClaim: "scope",
      scopePrefix: "tieout:",
      entitiesClaim: null,
    },
    ...{ subjectClaim: ["deep", "name"], clockToleranceSeconds: 0, fetch, now: Date.now, cooldownMs: 0, ...over },
  });
  return async (token: string): Promise<string | null> => {
    const found = await verify(token);
    return found === null ? null : "refused" in found ? found.refused : found.person;
  };
};
const deep = { deep: { name: "ada" } };

it("[SE10] keys are asked for once and kept; strange names of keys do not make us ask again and again, and an issuer that is down is asked again later", async () => {
  const issuer = await openIssuer();
  try {
    const taken = await alone(issuer, { retryMs: 50, cooldownMs: 30_000 });
    issuer.down(true);
    assert.match((await taken(await issuer.token(deep))) ?? "", /cannot be asked/);
    issuer.down(false);
    assert.match((await taken(await issuer.token(deep))) ?? "", /cannot be asked/);
    await new Promise((resolve) => setTimeout(resolve, 60));
    for (let i = 0; i < 5; i++) assert.equal(await taken(await issuer.token(deep)), "ada");
    assert.equal(issuer.asked(), 1);
    for (let i = 0; i < 5; i++) await taken(await issuer.token(deep, { kid: `strange-${i}` }));
    assert.equal(issuer.asked(), 1);
  } finally {
    await issuer.close();
  }
});

it("[SE11] after a rotation at the issuer tokens of the new key are taken, of another algorithm too, and the old key's are not once it is gone", async () => {
  const issuer = await openIssuer();
  try {
    const taken = await alone(issuer);
    const old = await issuer.token(deep);
    assert.equal(await taken(old), "ada");
    await issuer.rotate("RS256", false);
    assert.equal(await taken(await issuer.token(deep)), "ada");
    assert.equal(await taken(old), "ada");
    await issuer.rotate("ES256", true);
    assert.equal(await taken(await issuer.token(deep)), "ada");
    assert.equal(await taken(old), "the token names no key of its issuer's");
    assert.equal(await taken("tieout_aaaaaaaaaaaa_x"), null);
  } finally {
    await issuer.close();
  }
});
