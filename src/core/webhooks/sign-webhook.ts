import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const PREFIX = 'whsec_';

/** A fresh secret: `whsec_` and 32 random bytes in base64 (Standard Webhooks). */
export function newWebhookSecret(): string {
  return PREFIX + randomBytes(32).toString('base64');
}

/**
 * The headers of a signed delivery (https://www.standardwebhooks.com): HMAC-SHA256 over `id.timestamp.body`, one
 * signature for each secret that is valid now.
 */
export function webhookHeaders(id: string, at: Date, body: string, secrets: readonly string[]): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const signatures = secrets.map((secret) => `v1,${sign(secret, `${id}.${timestamp}.${body}`)}`);
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}

/** A secret that somebody else made up, without the prefix, is the key as it stands. */
function sign(secret: string, content: string): string {
  const key = secret.startsWith(PREFIX) ? Buffer.from(secret.slice(PREFIX.length), 'base64') : secret;
  return createHmac('sha256', key).update(content).digest('base64');
}

/** What a receiver does: true when one of the signatures fits. The age of the timestamp is the receiver's business. */
export function verifyWebhook(headers: Record<string, string | undefined>, body: string, secret: string): boolean {
  const expected = Buffer.from(sign(secret, `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`));
  return (headers['webhook-signature'] ?? '').split(' ').some((versioned) => {
    const given = Buffer.from(versioned.replace(/^v1,/, ''));
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}
