import type { FlowConfiguration } from '#core/call-flow/flow-configuration.js';
import type { RoutingKind } from '#core/call-flow/flow-objects.js';
import type { Named } from '#core/call-flow/references.js';

/** How people know an object: `Menu "Main"`, `Extension 101 (Anna)`. Also of one that is not there. */
export function nameOf(configuration: FlowConfiguration, named: Named | { type: RoutingKind; id: number }): string {
  const { objects, users, numbers } = configuration;
  const called = (noun: string, name: string | undefined): string =>
    name === undefined ? `${noun} ${named.id}` : `${noun} "${name}"`;
  switch (named.type) {
    case 'number':
      return `Number ${numbers.get(named.id) ?? named.id}`;
    case 'menu':
      return called('Menu', objects.menu.get(named.id)?.name);
    case 'ring_group':
      return called('Ring group', objects.ring_group.get(named.id)?.name);
    case 'mailbox':
      return called('Mailbox', objects.mailbox.get(named.id)?.name);
    case 'forwarding_schedule':
      return called('Forwarding schedule', objects.forwarding_schedule.get(named.id)?.name);
    case 'extension':
    case 'forwarding_number':
    case 'device':
      return deviceName(configuration, named.id);
    case 'user':
      return users.get(named.id)?.name ?? `User ${named.id}`;
    case 'phone':
      return `Phone ${named.id}`;
    case 'sound':
      return `Sound ${named.id}`;
    case 'hours':
      return 'The hours';
    case 'settings':
      return 'The settings';
  }
}

function deviceName({ objects }: FlowConfiguration, id: number): string {
  const extension = objects.extension.get(id);
  if (extension !== undefined) return `Extension ${extension.number} (${extension.name})`;
  const forwarding = objects.forwarding_number.get(id);
  if (forwarding === undefined) return `Extension or forwarding number ${id}`;
  return `Forwarding number ${forwarding.number}${forwarding.description === '' ? '' : ` (${forwarding.description})`}`;
}
