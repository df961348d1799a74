/**
 * Over the whole test run: no answer of a server of ours that a test fetches holds a secret of the sandbox, in any form. Set up
 * before every test file (`vitest.config.ts`); an answer that does fails the test that asked for it.
 */
import { forms } from "./nowhere.ts";

/** What every answer of ours has, and no simulator's. */
const mark = "x-request-id";

let secrets: Promise<ReadonlyArray<string>> | null = null;
/** Loaded when the first answer comes: most tests ask no server. */
const known = (): Promise<ReadonlyArray<string>> => {
  secrets ??= Promise.all([
    import("../../server/config/config.ts"),
    import("../../server/sandbox.ts"),
    import("../../adapters/netsuite/config.ts"),
    import("../../adapters/salesforce/config.ts"),
  ]).then(([{ developmentSecrets }, { stripeKey }, netsuite, salesforce]) =>
    [...Object.values(developmentSecrets), stripeKey, netsuite.simulatorToken, salesforce.simulatorToken].flatMap(
      (secret) => forms(secret),
    ),
  );
  return secrets;
};

const watched = Symbol.for("tieout.tests.watched");
const plain = globalThis.fetch as typeof fetch & { readonly [watched]?: true };

if (plain[watched] !== true) {
  const watching = async (...asked: Parameters<typeof fetch>): Promise<Response> => {
    const answer = await plain(...asked);
    if (!answer.headers.has(mark)) return answer;
    const [text, told] = await Promise.all([answer.clone().text(), known()]);
    const found = told.find((form) => text.includes(form));
    if (found === undefined) return answer;
    const at = text.indexOf(found);
    throw new Error(`a secret is in the answer of ${answer.url}: …${text.slice(Math.max(0, at - 60), at)}▮`);
  };
  globalThis.fetch = Object.assign(watching, { [watched]: true });
}
