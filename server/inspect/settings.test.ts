/** The opt-in. */
import assert from "node:assert/strict";
import { it } from "vitest";
import { inspectSetting } from "./settings.ts";

it("[IN16] accounts may be watched in the sandbox unless turned off, and elsewhere only when turned on", () => {
  const settings = [undefined, "", "on", " ON ", "off"].map((text) =>
    [true, false].map((sandbox) => inspectSetting(text, sandbox)),
  );
  const [yes, no] = [{ enabled: true }, { enabled: false }];
  assert.deepEqual(settings, [
    [yes, no],
    [yes, no],
    [yes, yes],
    [yes, yes],
    [no, no],
  ]);
  assert.deepEqual(inspectSetting("yes", true), {
    problem: 'TIEOUT_INSPECT: "yes" is neither "on" nor "off"; leave it out for the default',
  });
});
