#!/usr/bin/env node
/** The command line. No build step after `npm ci`: the bundle is made at the first start. */
import { bundled } from "./bundle.mjs";

process.setSourceMapsEnabled(true);
const { main } = await bundled("cli", new URL("./cli.ts", import.meta.url).href);
await main(process.argv.slice(2));
