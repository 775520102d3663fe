export type WebhookErrorCode = 'delivery.not_found' | 'webhook.bad_url' | 'webhook.bad_input';
