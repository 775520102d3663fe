import type { FlowConfiguration } from '#core/call-flow/flow-configuration.js';
import { gapsOf } from '#core/call-flow/gaps.js';

/** The extensions of an account by what is dialled. */
export interface Numbering {
  /** The id by the number. */
  byNumber: ReadonlyMap<string, number>;
  /** Of callers: those that lead somewhere. */
  reachable: ReadonlyMap<string, number>;
  /** Everything that a reachable number begins with, and is longer than. */
  beginnings: ReadonlySet<string>;
  longest: number;
}

const known = new WeakMap<FlowConfiguration, Numbering>();

/** Made once for a configuration. */
export function numberingOf(configuration: FlowConfiguration): Numbering {
  let numbering = known.get(configuration);
  if (numbering === undefined) known.set(configuration, (numbering = read(configuration)));
  return numbering;
}

function read(configuration: FlowConfiguration): Numbering {
  const byNumber = new Map<string, number>();
  const reachable = new Map<string, number>();
  const beginnings = new Set<string>();
  let longest = 0;
  for (const [id, extension] of configuration.objects.extension) {
    const { number } = extension;
    byNumber.set(number, id);
    if (gapsOf(configuration, 'extension', extension).length > 0) continue;
    reachable.set(number, id);
    for (let length = 1; length < number.length; length++) beginnings.add(number.slice(0, length));
    longest = Math.max(longest, number.length);
  }
  return { byNumber, reachable, beginnings, longest };
}
