import type { FlowConfiguration, FlowProblem } from '#core/call-flow/flow-configuration.js';
import { ROUTING_KINDS, type RoutingBodies, type RoutingKind } from '#core/call-flow/flow-objects.js';
import { nameOf } from '#core/call-flow/object-names.js';
import { pathOf, referencesOf, type Named } from '#core/call-flow/references.js';

/** All objects of a configuration, those of which there is one under the id 0. */
export function* objectsIn(
  configuration: FlowConfiguration,
): Generator<{ [Kind in RoutingKind]: { kind: Kind; id: number; body: RoutingBodies[Kind] } }[RoutingKind]> {
  for (const kind of ROUTING_KINDS) {
    if (kind === 'hours') {
      if (configuration.hours !== undefined) yield { kind, id: 0, body: configuration.hours };
    } else if (kind === 'settings') {
      yield { kind, id: 0, body: configuration.settings };
    } else {
      // The kind and its bodies belong together; the compiler does not see it through the loop.
      for (const [id, body] of configuration.objects[kind]) yield { kind, id, body } as never;
    }
  }
}

/** Who names it: each with the path that does. A number's own routing is no use of the number. */
export function usesIn(configuration: FlowConfiguration, named: Named): FlowProblem[] {
  const isDevice = named.type === 'extension' || named.type === 'forwarding_number';
  const uses: FlowProblem[] = [];
  for (const { kind, id, body } of objectsIn(configuration)) {
    for (const { field, to } of referencesOf(kind, body)) {
      if (to.id !== named.id || (to.type !== named.type && !(isDevice && to.type === 'device'))) continue;
      const path = `${pathOf(kind, id)}.${field}`;
      uses.push({ path, message: `${nameOf(configuration, { type: kind, id })} leads to it, or uses it.` });
    }
  }
  return uses;
}
