/** The embedded store passes the contract, held open and opened anew around every step. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { storeContract } from "../store.contract.ts";
import { layer } from "./layer.ts";

const subject = () => {
  const directory = mkdtempSync(join(tmpdir(), "tieout-store-"));
  return { layer: layer({ directory }), dispose: () => rmSync(directory, { recursive: true, force: true }) };
};

storeContract("embedded", subject);
storeContract("embedded, closed and opened between the steps", subject, { reopen: true });
