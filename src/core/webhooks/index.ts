export { WebhookCourier, type SentDelivery } from '#core/webhooks/deliver-webhooks.js';
export type { DeliveryTarget } from '#core/webhooks/enqueue-deliveries.js';
export {
  findDelivery,
  listDeliveries,
  type Delivery,
  type DeliveryAttempt,
  type DeliveryFilter,
} from '#core/webhooks/find-deliveries.js';
export { publishEvent, publishEvents, type EventKind } from '#core/webhooks/publish-event.js';
export { replayDeliveries, type ReplayDeliveries } from '#core/webhooks/replay-deliveries.js';
export { newWebhookSecret, verifyWebhook, webhookHeaders } from '#core/webhooks/sign-webhook.js';
export { rollWebhookSecret, webhookSecrets } from '#core/webhooks/webhook-secrets.js';
export { checkWebhookUrl } from '#core/webhooks/webhook-url.js';
export type { WebhookErrorCode } from '#core/webhooks/errors.js';
