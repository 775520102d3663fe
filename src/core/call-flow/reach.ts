import { afterUser } from '#core/call-flow/belongings.js';
import type { FlowConfiguration } from '#core/call-flow/flow-configuration.js';
import type { RoutingKind } from '#core/call-flow/flow-objects.js';
import { numberingOf } from '#core/call-flow/numbering.js';
import { destinationsOf, namedBy, referencesOf, type Named } from '#core/call-flow/references.js';
import { objectsIn } from '#core/call-flow/uses-in.js';

/**
 * What calls from outside can come to, by a key or without: by kind and id (`menu 7`), with the id of a number from which
 * they come there. Extensions that can be dialled, or are found by their name, count where a menu or the directory is
 * reached; those that lead nowhere cannot be dialled.
 */
export function reachedFromNumbers(configuration: FlowConfiguration): ReadonlyMap<string, number> {
  const objects = new Map<string, { kind: RoutingKind; body: never }>();
  for (const { kind, id, body } of objectsIn(configuration))
    objects.set(`${kind} ${id}`, { kind, body: body as never });
  const reached = new Map<string, number>();
  let dialled = false;
  for (const [numberId, { destination }] of configuration.objects.number) {
    const waiting = destination === null ? [] : [`number ${numberId}`];
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      const object = objects.get(node);
      if (object === undefined || reached.has(node)) continue;
      reached.set(node, numberId);
      for (const { to } of referencesOf(object.kind, object.body)) waiting.push(...nodesOf(configuration, to));
      if (dialled || !dialsExtensions(object)) continue;
      dialled = true;
      for (const id of numberingOf(configuration).reachable.values()) waiting.push(`extension ${id}`);
    }
  }
  return reached;
}

function nodesOf(configuration: FlowConfiguration, { type, id }: Named): string[] {
  if (type === 'device') return [`extension ${id}`, `forwarding_number ${id}`];
  if (type !== 'user') return [`${type} ${id}`];
  const after = afterUser(configuration, id);
  const next = after === null ? undefined : namedBy(after);
  return next === undefined || next.type === 'user' ? [] : [`${next.type} ${next.id}`];
}

function dialsExtensions({ kind, body }: { kind: RoutingKind; body: never }): boolean {
  if (kind === 'menu' && (body as { directDial: boolean }).directDial) return true;
  return destinationsOf(kind, body).some(({ destination }) => destination.type === 'directory');
}
