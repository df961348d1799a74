/** The worker's first module: makes TypeScript load in this thread, then hands over. Plain JavaScript, since nothing loads TypeScript before it. */
import { register } from "tsx/esm/api";

register();
await import("./worker-main.ts");
