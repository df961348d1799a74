/** A poll from the beginning is a list of everything that a system has. *Pure.* */
import type { Outbound } from "../domain/ports/system.ts";

export const polled = (poll: NonNullable<Outbound["poll"]>): Pick<Outbound, "poll" | "list"> => ({ poll, list: poll });
