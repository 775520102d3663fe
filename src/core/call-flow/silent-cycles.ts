import type { FlowConfiguration, FlowProblem } from '#core/call-flow/flow-configuration.js';
import { afterUser, belongingsOf } from '#core/call-flow/belongings.js';
import { nameOf } from '#core/call-flow/object-names.js';
import { destinationsOf, namedBy, pathOf, type Named } from '#core/call-flow/references.js';
import { objectsIn } from '#core/call-flow/uses-in.js';

/** Names in a sentence. */
const MOST_NAMED = 6;
const RUNG: ReadonlySet<string> = new Set(['user', 'phone', 'forwarding_number']);

/** A way that a call takes by itself, without a key of the caller and without waiting for one. */
interface Way {
  path: string;
  to: string;
}

/**
 * Every way that closes a round which calls would walk without the caller having a say: nobody would ever answer, and
 * nothing would end it but the longest call. What a key or the silence of a caller decides is no such way.
 */
export function silentCycles(configuration: FlowConfiguration): FlowProblem[] {
  const { ways, names } = silentWays(configuration);
  const problems: FlowProblem[] = [];
  const state = new Map<string, 'on the way' | 'done'>();
  for (const start of ways.keys()) {
    if (state.has(start)) continue;
    // Without recursion: thousands may lead to one another in a row.
    const trail: { node: string; next: number }[] = [{ node: start, next: 0 }];
    state.set(start, 'on the way');
    for (let top = trail.at(-1); top !== undefined; top = trail.at(-1)) {
      const way = ways.get(top.node)?.[top.next++];
      if (way === undefined) {
        state.set(top.node, 'done');
        trail.pop();
      } else if (state.get(way.to) === 'on the way') {
        const round = trail
          .slice(trail.findIndex(({ node }) => node === way.to))
          .map(({ node }) => names.get(node)?.());
        const message = `This leads back to ${names.get(way.to)?.() ?? way.to} without a key of the caller: ${inWords(round)}.`;
        problems.push({ path: way.path, message });
      } else if (!state.has(way.to)) {
        state.set(way.to, 'on the way');
        trail.push({ node: way.to, next: 0 });
      }
    }
  }
  return problems;
}

function inWords(round: readonly (string | undefined)[]): string {
  const names = round.slice(0, MOST_NAMED).map((name) => name ?? '?');
  const rest = round.length > names.length ? [`${round.length - names.length} more`] : [];
  return [...names, ...rest, names[0]].join(' -> ');
}

function silentWays(configuration: FlowConfiguration): { ways: Map<string, Way[]>; names: Map<string, () => string> } {
  const ways = new Map<string, Way[]>();
  const names = new Map<string, () => string>();
  for (const object of objectsIn(configuration)) {
    const { kind, id, body } = object;
    if (kind === 'menu' || kind === 'settings' || kind === 'mailbox' || kind === 'forwarding_schedule') continue;
    const node = nodeOf({ type: kind, id } as Named);
    names.set(node, () => nameOf(configuration, { type: kind, id }));
    const found: Way[] = [];
    for (const { field, destination } of destinationsOf(kind, body)) {
      const to = namedBy(destination);
      // Where an extension rings, its own `noAnswer` says what comes after.
      const isRung = kind === 'extension' && field === 'destination' && RUNG.has(destination.type);
      if (to !== undefined && !isRung) found.push({ path: `${pathOf(kind, id)}.${field}`, to: nodeOf(to) });
    }
    ways.set(node, found);
  }
  // Unanswered calls to a user go where the user's extension says.
  for (const userId of configuration.users.keys()) {
    const after = afterUser(configuration, userId);
    const to = after === null ? undefined : namedBy(after);
    const { extension } = belongingsOf(configuration, userId);
    if (to === undefined || extension === undefined) continue;
    const node = nodeOf({ type: 'user', id: userId });
    names.set(node, () => nameOf(configuration, { type: 'user', id: userId }));
    ways.set(node, [{ path: `${pathOf('extension', extension.id)}.noAnswer`, to: nodeOf(to) }]);
  }
  return { ways, names };
}

function nodeOf({ type, id }: Named): string {
  return `${type} ${id}`;
}
