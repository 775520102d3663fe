import type { CoreSettings } from '#core/core.js';

const LONGEST_URL = 2048;

/**
 * Why a URL cannot be a webhook's or an audio file's; undefined when it can. While everything listens on loopback http
 * is allowed too. Addresses are judged again by the transport when it connects.
 */
export function checkWebhookUrl(text: string, settings: Pick<CoreSettings, 'loopbackOnly'>): string | undefined {
  if (text.length > LONGEST_URL) return `Longer than ${LONGEST_URL} characters.`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) return 'Not an http(s) URL.';
  if (url.protocol === 'http:' && !settings.loopbackOnly) return 'An https URL is needed.';
  if (url.username !== '' || url.password !== '') return 'A URL with a user name or password is not accepted.';
  return undefined;
}
