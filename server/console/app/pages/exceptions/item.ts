/** One exception as the API tells it, and how its priority looks. *Pure.* */
import type { ExceptionItem } from "../../../../openapi/answers.ts";
import type { Tone } from "../../ui/badge.tsx";

export type Item = typeof ExceptionItem.Type;

export const pressing: Readonly<Record<Item["priority"], Tone>> = {
  urgent: "bad",
  high: "warn",
  normal: "moving",
  low: "quiet",
};
