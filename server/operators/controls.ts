/** Acts of no one party: who takes those of each topic of `domain/controls`. */
import type { ControlDesk } from "./control-desk.ts";
import { exceptionDesk } from "./exceptions.ts";

/** By the name of the topic. */
const desks: Readonly<Record<string, ControlDesk>> = { desk: exceptionDesk };

export const deskOf = (topic: string): ControlDesk => {
  const found = desks[topic];
  if (found === undefined) throw new Error(`no desk takes acts of ${JSON.stringify(topic)}`);
  return found;
};
