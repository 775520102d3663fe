import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import type { Clock } from '#clock.js';
import { headerOf, NOT_PROVEN, NOT_UNDERSTOOD } from '#carriers/callback-body.js';
import type {
  CallbackReply,
  CarrierCallback,
  CarrierListener,
  CarrierState,
  ConfigOf,
  OutgoingText,
  PartResult,
  Receipt,
} from '#carriers/carrier.js';
import type { OpenCarrier } from '#carriers/carrier-set.js';
import { mediaOf } from '#carriers/incoming-media.js';
import {
  canCallBack,
  readJson,
  refusedByAll,
  ServiceHttp,
  stateOf,
  textAt,
  valueAt,
  type ServiceAnswer,
} from '#carriers/service-http.js';

const API_URL = 'https://api.telnyx.com';
/** How old a signed request may be, and how far clocks may differ. */
const SIGNED_WITHIN_MS = 300_000;
/** SubjectPublicKeyInfo of an Ed25519 key up to its 32 bytes (RFC 8410, 4). */
const ED25519_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/** `to[0].status` of a callback. */
const STATES: Readonly<Record<string, Receipt['state']>> = {
  sent: 'accepted',
  delivered: 'delivered',
  delivery_failed: 'undelivered',
  sending_failed: 'rejected',
  expired: 'expired',
  // The network will not tell.
  delivery_unconfirmed: 'unknown',
};

/**
 * Telnyx's interface for texts, or a service that has the same: `POST /v2/messages`, and signed events about texts sent
 * and received. `callbackUrl` is where it reaches us.
 */
export function telnyxCarrier(
  config: ConfigOf<'telnyx'>,
  listener: CarrierListener,
  { callbackUrl, clock }: { callbackUrl: (carrierId: string) => string; clock: Clock },
): OpenCarrier {
  const { settings, secrets } = config;
  const apiUrl = (settings.apiUrl ?? API_URL).replace(/\/+$/, '');
  const headers = { authorization: `Bearer ${secrets['apiKey'] ?? ''}`, accept: 'application/json' };
  const publicKey = settings.publicKey === undefined ? undefined : keyOf(settings.publicKey);
  const http = new ServiceHttp(config.id, listener, settings);

  function bodyOf(text: OutgoingText): string {
    const callback = callbackUrl(config.id);
    const { media = [] } = text;
    return JSON.stringify({
      from: text.from,
      to: text.to,
      ...(text.text === '' ? {} : { text: text.text }),
      ...(media.length === 0 ? { type: 'SMS' } : { type: 'MMS', media_urls: media }),
      // Comes back in events: it finds a text whose answer got lost.
      tags: [text.id],
      ...(settings.messagingProfileId === undefined ? {} : { messaging_profile_id: settings.messagingProfileId }),
      ...(canCallBack(apiUrl, callback) ? { webhook_url: `${callback}/status`, use_profile_webhooks: false } : {}),
    });
  }

  return {
    window: http.window,
    async submit(text) {
      const outcome = await http.send({
        method: 'POST',
        url: `${apiUrl}/v2/messages`,
        headers: { ...headers, 'content-type': 'application/json' },
        body: bodyOf(text),
      });
      const result = outcome.kind === 'answer' ? resultOf(outcome) : outcome;
      http.say(stateOf(result));
      return [result];
    },
    async probe(): Promise<CarrierState> {
      const outcome = await http.send({
        method: 'GET',
        url: `${apiUrl}/v2/messaging_profiles?page%5Bsize%5D=1`,
        headers,
      });
      if (outcome.kind !== 'answer') return { up: false, detail: outcome.detail };
      if (outcome.status === 200) return { up: true, detail: 'It knows the API key.' };
      const said = textAt(readJson(outcome.body), 'errors.0.detail') ?? 'nothing more';
      return { up: false, detail: `It answered ${outcome.status}: ${said}.` };
    },
    async callback(request) {
      if (publicKey === undefined || !isSigned(publicKey, request, clock.now())) return NOT_PROVEN;
      return hear(config.id, listener, request);
    },
    close: () => http.close(),
  };
}

function keyOf(publicKey: string): KeyObject {
  const der = Buffer.concat([ED25519_PREFIX, Buffer.from(publicKey, 'base64')]);
  return createPublicKey({ key: der, format: 'der', type: 'spki' });
}

/** Signed are the time in seconds, a bar, and the body as it came. */
function isSigned(key: KeyObject, request: CarrierCallback, now: number): boolean {
  const timestamp = headerOf(request, 'telnyx-timestamp') ?? '';
  const signature = Buffer.from(headerOf(request, 'telnyx-signature-ed25519') ?? '', 'base64');
  if (!/^[0-9]{1,12}$/.test(timestamp) || Math.abs(now - Number(timestamp) * 1000) > SIGNED_WITHIN_MS) return false;
  return verify(null, Buffer.concat([Buffer.from(`${timestamp}|`), request.body]), key, signature);
}

function resultOf(answer: ServiceAnswer): PartResult {
  const body = readJson(answer.body);
  const detail = textAt(body, 'errors.0.detail') ?? textAt(body, 'errors.0.title');
  const general = refusedByAll(answer);
  if (general !== undefined) {
    if (general.kind === 'throttled' || detail === undefined) return general;
    return { ...general, detail: `It answered ${answer.status}: ${detail}` } as PartResult;
  }
  if (answer.status >= 400) {
    const code = textAt(body, 'errors.0.code') ?? String(answer.status);
    return { kind: 'refused', code, detail: detail ?? 'It was refused without a reason.' };
  }
  const id = textAt(body, 'data.id');
  if (id === undefined) return { kind: 'unknown', detail: `It answered ${answer.status} without an id.` };
  return { kind: 'accepted', theirId: id };
}

async function hear(carrierId: string, listener: CarrierListener, request: CarrierCallback): Promise<CallbackReply> {
  const event = valueAt(readJson(request.body.toString()), 'data');
  const theirId = textAt(event, 'payload.id');
  const type = textAt(event, 'event_type');
  if (theirId === undefined || type === undefined) return NOT_UNDERSTOOD;
  const [from, to] = [textAt(event, 'payload.from.phone_number'), textAt(event, 'payload.to.0.phone_number')];

  if (type === 'message.received') {
    const text = textAt(event, 'payload.text') ?? '';
    if (from === undefined || to === undefined) return NOT_UNDERSTOOD;
    const told = valueAt(event, 'payload.media');
    const media = mediaOf(
      (Array.isArray(told) ? told : []).map((file: unknown) => ({
        url: textAt(file, 'url'),
        type: textAt(file, 'content_type'),
      })),
    );
    await listener.onMessage(carrierId, { theirId, from, to, text, ...(media === undefined ? {} : { media }) });
    return { status: 200 };
  }
  const state = STATES[textAt(event, 'payload.to.0.status') ?? ''];
  if (state === undefined) return { status: 200 };
  const [code, detail] = [textAt(event, 'payload.errors.0.code'), textAt(event, 'payload.errors.0.title')];
  const at = new Date(textAt(event, 'payload.completed_at') ?? '');
  const ourId = textAt(event, 'payload.tags.0');
  await listener.onReceipt(carrierId, {
    theirId,
    state,
    ...(code === undefined ? {} : { code }),
    ...(detail === undefined ? {} : { detail }),
    ...(Number.isNaN(at.getTime()) ? {} : { at }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(ourId === undefined ? {} : { ourId }),
  });
  return { status: 200 };
}
