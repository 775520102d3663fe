import { expect, test } from 'vitest';
import { newWebhookSecret, verifyWebhook, webhookHeaders } from '#core/webhooks/sign-webhook.js';

/** The example that the Standard Webhooks libraries test themselves with. */
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const ID = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
const AT = new Date(1614265330_000);
const BODY = '{"test": 2432232314}';

test('signs as Standard Webhooks does', () => {
  expect(webhookHeaders(ID, AT, BODY, [SECRET])).toEqual({
    'webhook-id': ID,
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});

test('signs with every secret that is valid, and each of them verifies', () => {
  const [first, second, stranger] = [newWebhookSecret(), newWebhookSecret(), newWebhookSecret()];
  const headers = webhookHeaders(ID, AT, BODY, [first, second]);
  expect(headers['webhook-signature']).toMatch(/^v1,\S{44} v1,\S{44}$/);
  expect([first, second, stranger].map((secret) => verifyWebhook(headers, BODY, secret))).toEqual([true, true, false]);
});

test.each([
  ['another body', {}, '{"test":2432232314}'],
  ['another id', { 'webhook-id': 'msg_other' }, BODY],
  ['another time', { 'webhook-timestamp': '1614265331' }, BODY],
  ['no signature', { 'webhook-signature': undefined }, BODY],
  ['half a signature', { 'webhook-signature': 'v1,g0hM9SsE' }, BODY],
])('does not verify %s', (_what, change, body) => {
  expect(verifyWebhook({ ...webhookHeaders(ID, AT, BODY, [SECRET]), ...change }, body, SECRET)).toBe(false);
});

test('secrets are new each time: 32 bytes in base64', () => {
  const secrets = Array.from({ length: 100 }, newWebhookSecret);
  expect(new Set(secrets).size).toBe(100);
  for (const secret of secrets) expect(Buffer.from(secret.slice('whsec_'.length), 'base64')).toHaveLength(32);
});
