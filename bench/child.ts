/** How a bench hears from the processes that it starts. */
import type { ChildProcess } from "node:child_process";

/** The next message of this type; fails when the process ends first. */
export const next = <A>(child: ChildProcess, type: string): Promise<A> =>
  new Promise((resolve, reject) => {
    const heard = (message: { readonly type: string }) => {
      if (message.type !== type) return;
      child.off("message", heard);
      child.off("exit", died);
      resolve(message as A);
    };
    const died = (code: number | null) =>
      reject(new Error(`bench: a process ended with ${code} before it said ${type}`));
    child.on("message", heard);
    child.on("exit", died);
  });
