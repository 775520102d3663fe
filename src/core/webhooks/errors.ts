export type WebhookErrorCode = 'delivery.not_found' | 'webhook.bad_input';
