/** Versions of a contract's charges, and use rated and re-rated by them: one door to three files. *Pure.* */
export { Moment, momentMs } from "../calendar/moment.ts";
export { ChargeVersion } from "./in-force.ts";
export { type RatedUsage, type RatingTerms, rateUsage, type UsageLine } from "./rater.ts";
export { type Delta, rerate } from "./rerate.ts";
