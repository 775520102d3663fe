export type WebhookErrorCode =
  'delivery.not_found' | 'webhook.bad_input' | 'webhook.exists' | 'webhook.not_found' | 'webhook.too_many';
