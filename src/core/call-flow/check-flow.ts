import { countryCode } from '#core/address.js';
import { checkBody } from '#core/call-flow/check-bodies.js';
import { unknownReferences } from '#core/call-flow/check-references.js';
import type { FlowConfiguration, FlowProblem } from '#core/call-flow/flow-configuration.js';
import { gapsOf } from '#core/call-flow/gaps.js';
import { nameOf } from '#core/call-flow/object-names.js';
import { reachedFromNumbers } from '#core/call-flow/reach.js';
import { pathOf } from '#core/call-flow/references.js';
import { silentCycles } from '#core/call-flow/silent-cycles.js';
import { objectsIn } from '#core/call-flow/uses-in.js';
import { whyReserved } from '#core/dial-plan/index.js';

export interface FlowCheck {
  /** What must not be: the configuration is refused. */
  problems: FlowProblem[];
  /** What is still missing where no number leads: it may be saved. */
  incomplete: FlowProblem[];
}

/** Of each kind. */
export const MOST_OBJECTS = 20_000;

const known = new WeakMap<FlowConfiguration, FlowCheck>();

/** Checks a configuration as a whole. Made once for each. */
export function checkFlow(configuration: FlowConfiguration): FlowCheck {
  let check = known.get(configuration);
  if (check === undefined) known.set(configuration, (check = findAll(configuration)));
  return check;
}

function findAll(configuration: FlowConfiguration): FlowCheck {
  const problems: FlowProblem[] = [];
  const incomplete: FlowProblem[] = [];
  const reached = reachedFromNumbers(configuration);
  for (const { kind, id, body } of objectsIn(configuration)) {
    for (const { field, message } of checkBody(kind, body))
      problems.push({ path: `${pathOf(kind, id)}.${field}`, message });
    const numberId = reached.get(`${kind} ${id}`);
    for (const { field, message } of gapsOf(configuration, kind, body)) {
      const path = `${pathOf(kind, id)}.${field}`;
      if (numberId === undefined) incomplete.push({ path, message });
      else problems.push({ path, message, reachedFrom: nameOf(configuration, { type: 'number', id: numberId }) });
    }
  }
  problems.push(...unknownReferences(configuration), ...numbersTwice(configuration), ...silentCycles(configuration));
  for (const [kind, { size }] of Object.entries(configuration.objects)) {
    if (size > MOST_OBJECTS) problems.push({ path: kind, message: `At most ${MOST_OBJECTS} of a kind.` });
  }
  return { problems, incomplete };
}

/** Extensions and transfer codes are dialled in one place: each leads to one thing. */
function numbersTwice({ objects, numbers }: FlowConfiguration): FlowProblem[] {
  const problems: FlowProblem[] = [];
  // One number of each country says which numbers of help are dialled there.
  const countries = new Map([...numbers.values()].reverse().map((number) => [countryCode(number), number]));
  const taken = new Map<string, string>();
  const take = (path: string, number: string): void => {
    const other = taken.get(number);
    const reserved = whyReserved(number, countries.values());
    if (reserved !== undefined) problems.push({ path, message: reserved });
    else if (other !== undefined) problems.push({ path, message: `${number} is taken already: ${other}.` });
    else taken.set(number, path);
  };
  for (const [id, { number }] of objects.extension) take(`${pathOf('extension', id)}.number`, number);
  for (const [id, { transferCode }] of objects.forwarding_number) {
    if (transferCode !== null) take(`${pathOf('forwarding_number', id)}.transferCode`, transferCode);
  }
  return problems;
}
