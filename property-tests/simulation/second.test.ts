import { simulationSuite } from "./suite.ts";

simulationSuite("second", 1_000_001);
