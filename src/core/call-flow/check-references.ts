import type { FlowConfiguration, FlowProblem } from '#core/call-flow/flow-configuration.js';
import { flowPhone } from '#core/call-flow/flow-configuration.js';
import { pathOf, referencesOf, type Named } from '#core/call-flow/references.js';
import { objectsIn } from '#core/call-flow/uses-in.js';

/** Everything that names something that is not there. */
export function unknownReferences(configuration: FlowConfiguration): FlowProblem[] {
  const problems: FlowProblem[] = [];
  for (const { kind, id, body } of objectsIn(configuration)) {
    for (const { field, to } of referencesOf(kind, body)) {
      if (isThere(configuration, to)) continue;
      problems.push({ path: `${pathOf(kind, id)}.${field}`, message: `There is no ${NOUNS[to.type]} ${to.id}.` });
    }
  }
  return problems;
}

const NOUNS: Record<Named['type'], string> = {
  number: 'number',
  hours: 'hours',
  menu: 'menu',
  ring_group: 'ring group',
  extension: 'extension',
  forwarding_number: 'forwarding number',
  forwarding_schedule: 'forwarding schedule',
  mailbox: 'mailbox',
  device: 'extension or forwarding number',
  sound: 'sound',
  user: 'user',
  phone: 'phone',
};

function isThere(configuration: FlowConfiguration, { type, id }: Named): boolean {
  const { objects, users, sounds, numbers } = configuration;
  switch (type) {
    case 'hours':
      // Where nobody set them they are missing, not unknown.
      return true;
    case 'device':
      return objects.extension.has(id) || objects.forwarding_number.has(id);
    case 'number':
      return numbers.has(id);
    case 'sound':
      return sounds.has(id);
    case 'user':
      return users.has(id);
    case 'phone':
      return flowPhone(configuration, id) !== undefined;
    default:
      return objects[type].has(id);
  }
}
