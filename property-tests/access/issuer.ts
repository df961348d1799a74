/** An identity provider on loopback: it publishes its keys, counts who asks for them, and signs whatever a test wants signed. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";

export interface Issuer {
  readonly url: string;
  /** How often its keys were asked for. */
  readonly asked: () => number;
  /** A new key beside, or in place of, those published. */
  readonly rotate: (algorithm: "RS256" | "ES256", replace: boolean) => Promise<void>;
  /** Signed by the newest key unless told otherwise. `over`: null takes a claim out. */
  readonly token: (over?: Record<string, unknown>, how?: TokenOptions) => Promise<string>;
  readonly publicPem: () => Promise<string>;
  readonly down: (down: boolean) => void;
  readonly close: () => Promise<void>;
}

export interface TokenOptions {
  readonly kid?: string;
  /** Signed by a key that is not published. */
  readonly stranger?: boolean;
}

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;
interface Held extends Pair {
  readonly kid: string;
  readonly algorithm: string;
}

export const audience = "tieout-test";

export const openIssuer = async (): Promise<Issuer> => {
  let held: Held[] = [];
  let count = 0;
  let made = 0;
  let down = false;
  const make = async (algorithm: string): Promise<Held> => {
    const pair = await generateKeyPair(algorithm, { extractable: true });
    return { ...pair, kid: `key-${++made}`, algorithm };
  };
  const server = createServer(async (request, response) => {
    const json = (body: unknown) => {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(body));
    };
    if (down) {
      response.statusCode = 503;
      return response.end();
    }
    if (request.url === "/.well-known/openid-configuration") return json({ issuer: url, jwks_uri: `${url}/keys` });
    if (request.url !== "/keys") {
      response.statusCode = 404;
      return response.end();
    }
    count += 1;
    const keys = held.map(async ({ publicKey, kid, algorithm }) => ({
      ...(await exportJWK(publicKey)),
      kid,
      alg: algorithm,
      use: "sig",
    }));
    json({ keys: await Promise.all(keys) });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  held = [await make("ES256")];
  return {
    url,
    asked: () => count,
    down: (now) => {
      down = now;
    },
    rotate: async (algorithm, replace) => {
      const next = await make(algorithm);
      held = replace ? [next] : [...held, next];
    },
    token: async (over = {}, { kid, stranger = false } = {}) => {
      const now = Math.floor(Date.now() / 1000);
      const claims: Record<string, unknown> = {
        ...{ iss: url, aud: audience, sub: "ada", scope: "tieout:read openid" },
        ...{ iat: now, exp: now + 300, entities: ["*"] },
        ...over,
      };
      const kept = Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== null));
      const key = stranger ? await make("ES256") : held.at(-1)!;
      return new SignJWT(kept as JWTPayload)
        .setProtectedHeader({ alg: key.algorithm, kid: kid ?? (stranger ? held.at(-1)!.kid : key.kid) })
        .sign(key.privateKey);
    },
    publicPem: async () => {
      const { exportSPKI } = await import("jose");
      return exportSPKI(held.at(-1)!.publicKey);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
