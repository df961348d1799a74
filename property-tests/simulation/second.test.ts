/** The second half of the schedules: a file of its own, so that two cores share them. */
import { simulationSuite } from "./suite.ts";

simulationSuite("second", 1_000_001);
