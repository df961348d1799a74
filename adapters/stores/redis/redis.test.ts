/** The Redis store passes the contract, held open and opened anew around every step. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe } from "vitest";
import { storeContract } from "../store.contract.ts";
import { layer } from "./layer.ts";
import { freshPrefix, redisIsHere, server } from "./scratch.ts";

describe.skipIf(!redisIsHere)("on a server", () => {
  const redis = server();
  const subject = () => {
    const directory = mkdtempSync(join(tmpdir(), "tieout-store-"));
    return {
      layer: layer({ url: redis().url, prefix: freshPrefix(), directory }),
      dispose: () => rmSync(directory, { recursive: true, force: true }),
    };
  };
  storeContract("redis", subject);
  storeContract("redis, closed and opened between the steps", subject, { reopen: true });
});
