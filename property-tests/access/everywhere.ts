/**
 * Over the whole test run: nothing that the server's code says holds a secret, and nothing of a person where nobody may see it.
 * Set up before every test file (`vitest.config.ts`); what was said fails the test that was running.
 */
import { afterAll, afterEach } from "vitest";
import { heardAnswer, listen, wrongSoFar } from "./overheard.ts";

/** What every answer of ours has, and no simulator's. */
const mark = "x-request-id";

const watched = Symbol.for("tieout.tests.watched");
const plain = globalThis.fetch as typeof fetch & { readonly [watched]?: true };

listen();

if (plain[watched] !== true) {
  const watching = async (...asked: Parameters<typeof fetch>): Promise<Response> => {
    const answer = await plain(...asked);
    if (answer.headers.has(mark)) heardAnswer(`${[...answer.headers].join("\n")}\n${await answer.clone().text()}`);
    return answer;
  };
  globalThis.fetch = Object.assign(watching, { [watched]: true });
}

const nothingWrong = async (): Promise<void> => {
  const wrong = await wrongSoFar();
  if (wrong.length > 0) throw new Error(wrong.slice(0, 5).join("\n"));
};
afterEach(nothingWrong);
// What a server says when it ends behind the last test.
afterAll(nothingWrong);
