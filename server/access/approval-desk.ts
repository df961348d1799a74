/** What is told of an act that waits for other persons. Nobody acts on an approval itself: the act is asked for again, by another person. */
import * as Effect from "effect/Effect";
import type { Json } from "../../domain/canonical.ts";
import { type ApprovalRecord, approval } from "../../domain/controls/approval.ts";
import { conflict } from "../operators/act.ts";
import type { ControlDesk } from "../operators/control-desk.ts";
import { commandJson, findCommand } from "../views/command.ts";

const ofCommand = "command.approve/";

const waitingJson = ({ id, needed, given }: ApprovalRecord): Json => ({
  status: "waiting",
  act: id.slice(0, id.indexOf("/")),
  subject: id.slice(id.indexOf("/") + 1),
  needed,
  given: given.map(({ by, at, reason }) => ({ by, at, reason })),
  todo: `ask another person to do the same: ${given.length} of ${needed} have said yes`,
});

export const approvalDesk: ControlDesk = {
  prepare: () => Effect.succeed(conflict("an approval is given by asking for the act itself")),
  show: (engine, id) =>
    Effect.gen(function* () {
      const record = engine.core.controls.get(approval, id);
      if (id.startsWith(ofCommand)) {
        const command = yield* findCommand(engine, id.slice(ofCommand.length));
        return command === null ? null : commandJson(engine.core, command);
      }
      return record === null ? null : waitingJson(record);
    }),
};
