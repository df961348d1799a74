/** Working engineers' queue: a fault is seen, somebody's, or settled by a person's word. */
import * as Effect from "effect/Effect";
import { type FaultDeskNotes, faultDesk } from "../../domain/controls/fault-desk.ts";
import { controlsParty } from "../../domain/controls/topic.ts";
import { conflict, invalid, refused } from "../operators/act.ts";
import type { ControlDesk } from "../operators/control-desk.ts";
import { faultKinds, faultOf } from "../views/faults.ts";

export const faultVerbs = ["acknowledge", "assign", "resolve", "reopen"] as const;
export type FaultVerb = (typeof faultVerbs)[number];

const isLive = (id: string): boolean => faultKinds.some((kind) => id.startsWith(`fault_${kind}_`));

export const faultActs: ControlDesk = {
  prepare: (engine, { by, reason, problems }, { verb, id, fields }) =>
    Effect.sync(() => {
      const position = /^fault_(\d{1,16})$/.exec(id)?.[1];
      const stored = position !== undefined && engine.core.faults.has(Number(position));
      if (!stored && !isLive(id)) return refused("no-such-object", `no fault is known as ${JSON.stringify(id)}`);
      if (problems.length > 0) return invalid(problems);
      const record = engine.core.controls.get(faultDesk, id);
      const said = { party: controlsParty, fault: id, by, reason } as const;
      const ready = (note: FaultDeskNotes) => ({ status: "ready", notBefore: 0, notes: [note] }) as const;
      switch (verb as FaultVerb) {
        case "acknowledge":
          if (record?.acknowledged) return conflict(`it was seen already, by ${record.acknowledged.by}`);
          return ready({ ...said, type: "fault.acknowledged" });
        case "assign":
          return ready({ ...said, type: "fault.assigned", assignee: fields["assignee"] as string | null });
        case "resolve":
          if (!stored) return conflict("it goes away by itself when what it tells of does; do what its todo says");
          if (record?.resolved) return conflict(`it is settled already, by ${record.resolved.by}`);
          return ready({ ...said, type: "fault.resolved" });
        case "reopen":
          return record?.resolved ? ready({ ...said, type: "fault.reopened" }) : conflict("it is open");
      }
    }),
  show: (engine, id) => faultOf(engine, id),
};
