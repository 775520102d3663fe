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
    const waiting: Named[] = destination === null ? [] : [{ type: 'number', id: numberId }];
    for (let named = waiting.pop(); named !== undefined; named = waiting.pop()) {
      const node = `${named.type} ${named.id}`;
      if (reached.has(node)) continue;
      const object = objects.get(node);
      if (named.type === 'user') waiting.push(...afterRinging(configuration, named.id));
      else if (object === undefined) continue;
      reached.set(node, numberId);
      if (object === undefined) continue;
      for (const { to } of referencesOf(object.kind, object.body)) waiting.push(...behind(to));
      if (dialled || !dialsExtensions(object)) continue;
      dialled = true;
      for (const id of numberingOf(configuration).reachable.values()) waiting.push({ type: 'extension', id });
    }
  }
  return reached;
}

function behind(to: Named): Named[] {
  if (to.type !== 'device') return [to];
  return [
    { type: 'extension', id: to.id },
    { type: 'forwarding_number', id: to.id },
  ];
}

/** Where unanswered calls to a user go. */
function afterRinging(configuration: FlowConfiguration, userId: string): Named[] {
  const after = afterUser(configuration, userId);
  const next = after === null ? undefined : namedBy(after);
  return next === undefined ? [] : [next];
}

function dialsExtensions({ kind, body }: { kind: RoutingKind; body: never }): boolean {
  if (kind === 'menu' && (body as { directDial: boolean }).directDial) return true;
  return destinationsOf(kind, body).some(({ destination }) => destination.type === 'directory');
}
