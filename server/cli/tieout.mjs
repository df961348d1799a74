#!/usr/bin/env node
/** Loads TypeScript as it is, then the command line: no build step after `npm ci`. */
import { register } from "tsx/esm/api";

register();
const { main } = await import("./cli.ts");
await main(process.argv.slice(2));
