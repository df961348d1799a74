/**
 * The one table of stages: which evidence, from which role, each needs, and which stages a policy asks for. *Pure.*
 */
import type { Role } from "./ports/system.ts";

export const stages = ["quoted", "activated", "invoiced", "posted", "paid", "recognized"] as const;
export type Stage = (typeof stages)[number];
/** Where an account, contract or invoice stands; `prospect` before the first stage, `churned` after a cancellation. */
export type Standing = "prospect" | Stage | "churned";

export interface StageRule {
  readonly stage: Stage;
  readonly roles: ReadonlyArray<Role>;
  readonly evidence: string;
}

export const stageTable: ReadonlyArray<StageRule> = [
  { stage: "quoted", roles: ["crm", "cpq"], evidence: "a quote or contract is won" },
  { stage: "activated", roles: ["billing"], evidence: "the subscription has started (not incomplete)" },
  { stage: "invoiced", roles: ["billing"], evidence: "the invoice is finalized and not void" },
  { stage: "posted", roles: ["erp"], evidence: "the ERP holds the receivable (a total of zero needs none)" },
  { stage: "paid", roles: ["billing", "payments"], evidence: "settled + credits ≥ total" },
  { stage: "recognized", roles: ["revenue"], evidence: "the term is over and every schedule line is recognized" },
];

export interface Policy {
  readonly name: string;
  /** Stages that this policy does not ask for, whatever is connected. */
  readonly waives: ReadonlyArray<Stage>;
  /** `erp-confirms`: nothing passes `invoiced` until the ERP itself reported the document; our own answer from it does not count. */
  readonly gates: ReadonlyArray<"erp-confirms">;
  /** Whose word is shown, and given on to other systems, where several have one: the first role that says something. */
  readonly authority: {
    /** Name and email of the company. */
    readonly customer: ReadonlyArray<Role>;
    /** Start and end of a contract. */
    readonly contract: ReadonlyArray<Role>;
    /** What use comes to, and what is earned when: a system, or tieout itself, whose figures are then no mere expectation. */
    readonly rating: ReadonlyArray<Role | "tieout">;
    readonly revenue: ReadonlyArray<Role | "tieout">;
  };
}

/** Until a company says otherwise, the systems of record have the last word on money. */
const money = { rating: ["billing"], revenue: ["revenue", "erp"] } as const;

export const policies = {
  "billing-led": {
    name: "billing-led",
    waives: ["quoted"],
    gates: [],
    authority: { customer: ["billing", "crm", "erp"], contract: ["billing", "crm"], ...money },
  },
  "crm-led": {
    name: "crm-led",
    waives: [],
    gates: [],
    authority: { customer: ["crm", "billing", "erp"], contract: ["crm", "billing"], ...money },
  },
  "erp-led": {
    name: "erp-led",
    waives: ["quoted"],
    gates: ["erp-confirms"],
    authority: { customer: ["erp", "billing", "crm"], contract: ["erp", "billing", "crm"], ...money },
  },
  /** Each system is the authority for what it makes: the company is the CRM's, its contracts and invoices are billing's. */
  "event-hub": {
    name: "event-hub",
    waives: ["quoted"],
    gates: [],
    authority: { customer: ["crm", "billing", "erp"], contract: ["billing", "crm"], ...money },
  },
} as const satisfies Record<string, Policy>;

/** Stages that the policy requires and some connected role can give evidence for; the others are skipped, never reached. */
export const requiredStages = (policy: Policy, roles: ReadonlySet<Role>): ReadonlySet<Stage> =>
  new Set(
    stageTable
      .filter((rule) => !policy.waives.includes(rule.stage) && rule.roles.some((role) => roles.has(role)))
      .map((rule) => rule.stage),
  );

/** Evidence per stage, for what the contract or invoice can have. */
export type StageEvidence = Readonly<Record<Stage, boolean>>;

/** The last stage reached: a stage is reached when all before it that are required are. */
export const reached = (required: ReadonlySet<Stage>, evidence: StageEvidence): Stage | null => {
  let last: Stage | null = null;
  for (const stage of stages) {
    if (!required.has(stage)) continue;
    if (!evidence[stage]) return last;
    last = stage;
  }
  return last;
};

/** Stages that lack evidence while a later one has it: paid, never posted. */
export const gaps = (required: ReadonlySet<Stage>, evidence: StageEvidence): ReadonlyArray<Stage> => {
  const missing = stages.filter((stage) => required.has(stage) && !evidence[stage]);
  const last = stages.findLastIndex((stage) => required.has(stage) && evidence[stage]);
  return missing.filter((stage) => stages.indexOf(stage) < last);
};

/** Order of standings, for the least stage of several invoices. */
export const levelOf = (standing: Standing): number =>
  standing === "prospect" ? 0 : standing === "churned" ? stages.length + 1 : stages.indexOf(standing) + 1;
