import { checkFlow, type FlowProblem } from '#core/call-flow/index.js';
import type { Core } from '#core/core.js';
import { readRouting } from '#core/routing/read-routing.js';
import type { RoutingOwner } from '#core/routing/routing-change.js';

/**
 * What is wrong now with where calls lead: `problems` because somebody left or lost a phone since, `incomplete` what no
 * number leads to yet.
 */
export async function routingProblems(
  core: Pick<Core, 'db'>,
  owner: RoutingOwner,
): Promise<{ version: number; problems: FlowProblem[]; incomplete: FlowProblem[] }> {
  const configuration = await readRouting(core, owner);
  return { version: configuration.version, ...checkFlow(configuration) };
}
