// What holds for all tasks of a definition.

import { facts } from "../elements/facts.js";
import { span } from "../elements/times.js";

export function about(definition) {
  const told = facts();
  told.fill([
    ["App", definition.app],
    ["Queue", definition.queue],
    ["Priority", priorityOf(definition)],
    ["Rate limit", definition.rate_limit, { note: "each worker" }],
    ["Time limit", seconds(definition.time_limit_seconds)],
    ["Soft time limit", seconds(definition.soft_time_limit_seconds)],
    ["Result", definition.ignore_result ? "not kept" : null],
  ]);
  return told.node;
}

function priorityOf({ priority, celery_priority: number }) {
  return number === null ? priority : `${number} of 9${number ? "" : ", the first to start"}`;
}

function seconds(limit) {
  return limit === null ? null : span(1000 * limit);
}
