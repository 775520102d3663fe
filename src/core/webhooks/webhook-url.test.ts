import { expect, test } from 'vitest';
import { checkWebhookUrl } from '#core/webhooks/webhook-url.js';

test.each([
  ['https://example.com/hook?x=1', true, true],
  ['https://127.0.0.1/', true, true],
  ['http://127.0.0.1:8081/hook', true, false],
  ['http://example.com/', true, false],
  ['HTTP://example.com/', true, false],
  ['ftp://example.com/', false, false],
  ['file:///etc/passwd', false, false],
  ['javascript:alert(1)', false, false],
  ['example.com/hook', false, false],
  ['', false, false],
  ['https://user:secret@example.com/', false, false],
  [`https://example.com/${'a'.repeat(2048)}`, false, false],
])('%s', (url, onLoopback, elsewhere) => {
  const taken = [true, false].map((loopbackOnly) => checkWebhookUrl(url, { loopbackOnly }) === undefined);
  // Addresses are judged when they are connected to.
  expect(taken).toEqual([onLoopback, elsewhere]);
});
