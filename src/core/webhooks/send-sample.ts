import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { recordEvent, type EventType } from '#core/events.js';
import { inTransaction } from '#core/in-transaction.js';
import { enqueueDeliveries } from '#core/webhooks/enqueue-deliveries.js';
import { findEndpoint } from '#core/webhooks/find-endpoints.js';
import { SAMPLES } from '#core/webhooks/sample-events.js';
import type { EndpointScope } from '#core/webhooks/webhook-endpoint.js';

/**
 * Sends an endpoint an event that never happened, in the way of all others. Gives the delivery's id. `event`: as the
 * dialect calls it; absent: the first that the endpoint asked for.
 * Throws `webhook.not_found`, `webhook.bad_input`.
 */
export async function sendSample(
  core: Pick<Core, 'db' | 'clock' | 'dialects' | 'wake'>,
  input: EndpointScope & { id: string; event?: string | undefined },
): Promise<{ deliveryId: string; event: string }> {
  const endpoint = await findEndpoint(core, input);
  if (!endpoint.enabled) {
    throw new CoreError('webhook.bad_input', 'The endpoint is disabled; enable it first.', { field: 'enabled' });
  }
  const name = input.event ?? endpoint.events[0] ?? '';
  const type = core.dialects[endpoint.dialect]?.events?.[name]?.[0];
  if (type === undefined || !endpoint.events.includes(name)) {
    const message = `The endpoint is not told of "${name}", but of ${endpoint.events.join(', ')}.`;
    throw new CoreError('webhook.bad_input', message, { field: 'event' });
  }
  const { accountId, mode, id, url, dialect } = endpoint;
  const at = new Date(core.clock.now());
  const deliveryId = await inTransaction(core.db, async (tx) => {
    // About the endpoint, so that nobody finds it among the events of a real call.
    const event = await recordEvent(tx, { accountId, mode, type, subject: id, data: sampleOf(type), at });
    const [sent] = await enqueueDeliveries(tx, [event], [{ url, dialect, endpointId: id }]);
    if (sent === undefined) throw new Error('a sample was not put on its way');
    return sent;
  });
  core.wake.deliveries();
  return { deliveryId, event: name };
}

function sampleOf(type: EventType): Record<string, unknown> {
  const data = SAMPLES[type];
  if (data === undefined) throw new Error(`there is no sample of ${type}`);
  return { ...data, sample: true };
}
