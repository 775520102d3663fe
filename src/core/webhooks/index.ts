export { dialectsAwaiting, isAwaited, isHeard } from '#core/webhooks/awaited-events.js';
export { createEndpoint, type CreateEndpoint } from '#core/webhooks/create-endpoint.js';
export {
  WebhookCourier,
  type SentDelivery,
  type SwitchedOff,
  type SwitchedOn,
} from '#core/webhooks/deliver-webhooks.js';
export type { DeliveryTarget } from '#core/webhooks/enqueue-deliveries.js';
export {
  findDelivery,
  listDeliveries,
  type Delivery,
  type DeliveryAttempt,
  type DeliveryFilter,
} from '#core/webhooks/find-deliveries.js';
export { findEndpoint, listEndpoints, type EndpointState } from '#core/webhooks/find-endpoints.js';
export { forgetEvents, forgetTheseEvents } from '#core/webhooks/forget-events.js';
export { publishEvent, publishEvents, type EventKind, type Hears } from '#core/webhooks/publish-event.js';
export { replayDeliveries, type ReplayDeliveries } from '#core/webhooks/replay-deliveries.js';
export { rollEndpointSecret } from '#core/webhooks/roll-endpoint-secret.js';
export { SAMPLES } from '#core/webhooks/sample-events.js';
export { sendSample } from '#core/webhooks/send-sample.js';
export { newWebhookSecret, verifyWebhook, webhookHeaders } from '#core/webhooks/sign-webhook.js';
export { removeEndpoint, updateEndpoint, type UpdateEndpoint } from '#core/webhooks/update-endpoint.js';
export { MOST_ENDPOINTS, type WebhookEndpoint } from '#core/webhooks/webhook-endpoint.js';
export { rollWebhookSecret, webhookSecrets } from '#core/webhooks/webhook-secrets.js';
export { checkWebhookUrl } from '#core/webhooks/webhook-url.js';
export type { WebhookErrorCode } from '#core/webhooks/errors.js';
