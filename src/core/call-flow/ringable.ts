import type { FlowConfiguration } from '#core/call-flow/flow-configuration.js';
import type { Destination, Extension } from '#core/call-flow/flow-objects.js';

/** How many extensions may stand for one another in a row. */
export const MOST_ALIASES = 5;

/** What an extension rings, or leads to: what was chosen, else its user's phones. */
export function ownDestination({ destination, userId }: Extension): Destination | null {
  return destination ?? (userId === null ? null : { type: 'user', id: userId });
}

/** Whether there is a telephone behind a destination, disturbed or not, rather than something that speaks to the caller. */
export function canRing(configuration: FlowConfiguration, destination: Destination, depth = MOST_ALIASES): boolean {
  const { objects, users } = configuration;
  switch (destination.type) {
    case 'phone':
      return true;
    case 'forwarding_number':
      return objects.forwarding_number.has(destination.id);
    case 'user':
      return (users.get(destination.id)?.phones.length ?? 0) > 0;
    case 'extension': {
      const extension = objects.extension.get(destination.id);
      const own = extension === undefined ? null : ownDestination(extension);
      return own !== null && depth > 0 && canRing(configuration, own, depth - 1);
    }
    default:
      return false;
  }
}

/** Whether a call to an extension rings somewhere, or goes on somewhere. */
export function leadsSomewhere(configuration: FlowConfiguration, extension: Extension, depth = MOST_ALIASES): boolean {
  if (extension.noAnswer !== null) return true;
  const own = ownDestination(extension);
  if (own === null) return false;
  if (canRing(configuration, own)) return true;
  if (own.type === 'user') return false;
  if (own.type !== 'extension') return true;
  const other = configuration.objects.extension.get(own.id);
  return other !== undefined && depth > 0 && leadsSomewhere(configuration, other, depth - 1);
}
