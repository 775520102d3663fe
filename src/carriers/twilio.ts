import { isForm, NOT_PROVEN, NOT_UNDERSTOOD } from '#carriers/callback-body.js';
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
import { MOST_MEDIA } from '#carriers/carrier.js';
import type { OpenCarrier } from '#carriers/carrier-set.js';
import { mediaOf } from '#carriers/incoming-media.js';
import {
  canCallBack,
  readJson,
  refusedByAll,
  ServiceHttp,
  stateOf,
  textAt,
  type ServiceAnswer,
} from '#carriers/service-http.js';
import { isSignedBy } from '#carriers/twilio-signature.js';

const API_URL = 'https://api.twilio.com';
const API_VERSION = '2010-04-01';
/** What the interface takes as ValidityPeriod, in seconds. */
const VALIDITY_SECONDS = [1, 36_000] as const;
/** Too many requests, and a queue that is full. */
const THROTTLED_CODES = ['20429', '14107', '21611', '30001'];
/** Says "nothing to answer" to whoever asks what to do about a text. */
const EMPTY_ANSWER: CallbackReply = {
  status: 200,
  contentType: 'text/xml',
  body: '<?xml version="1.0" encoding="UTF-8"?><Response></Response>',
};

/** MessageStatus of a callback; others (`queued`, `sending`) tell nothing new. */
const STATES: Readonly<Record<string, Receipt['state']>> = {
  sent: 'accepted',
  delivered: 'delivered',
  read: 'delivered',
  undelivered: 'undelivered',
  failed: 'rejected',
  canceled: 'rejected',
};

/**
 * Twilio's interface for texts, or a service that has the same: the Messages resource, status callbacks and incoming
 * texts, both signed. `callbackUrl` is where it reaches us.
 */
export function twilioCarrier(
  config: ConfigOf<'twilio'>,
  listener: CarrierListener,
  { callbackUrl }: { callbackUrl: (carrierId: string) => string },
): OpenCarrier {
  const { settings, secrets } = config;
  const apiUrl = (settings.apiUrl ?? API_URL).replace(/\/+$/, '');
  const account = `${apiUrl}/${API_VERSION}/Accounts/${settings.accountSid}`;
  const [user, password] =
    settings.keySid === undefined
      ? [settings.accountSid, secrets['authToken'] ?? '']
      : [settings.keySid, secrets['keySecret'] ?? ''];
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const http = new ServiceHttp(config.id, listener, settings);

  function bodyOf(text: OutgoingText): string {
    const form = new URLSearchParams({ To: text.to, From: text.from });
    if (text.text !== '') form.set('Body', text.text);
    for (const url of text.media ?? []) form.append('MediaUrl', url);
    const [least, most] = VALIDITY_SECONDS;
    form.set('ValidityPeriod', String(Math.min(Math.max(Math.round(text.validitySeconds), least), most)));
    if (settings.messagingServiceSid !== undefined) form.set('MessagingServiceSid', settings.messagingServiceSid);
    const callback = callbackUrl(config.id);
    // Our id comes back in the address, which is signed: it finds a text whose answer got lost.
    if (canCallBack(apiUrl, callback)) form.set('StatusCallback', `${callback}/status?message=${text.id}`);
    return form.toString();
  }

  return {
    window: http.window,
    async submit(text) {
      const outcome = await http.send({
        method: 'POST',
        url: `${account}/Messages.json`,
        headers: { authorization, 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
        body: bodyOf(text),
      });
      const result = outcome.kind === 'answer' ? resultOf(outcome) : outcome;
      http.say(stateOf(result));
      return [result];
    },
    async probe(): Promise<CarrierState> {
      const outcome = await http.send({ method: 'GET', url: `${account}.json`, headers: { authorization } });
      if (outcome.kind !== 'answer') return { up: false, detail: outcome.detail };
      const body = readJson(outcome.body);
      if (outcome.status !== 200) {
        return { up: false, detail: `It answered ${outcome.status}: ${textAt(body, 'message') ?? 'nothing more'}.` };
      }
      const status = textAt(body, 'status') ?? 'active';
      return { up: status === 'active', detail: `The account is ${status}.` };
    },
    // Its files ask for the same as everything else of it; whatever it sends us on to does not (Media resource).
    fileHeaders: (url) => (new URL(url).origin === new URL(apiUrl).origin ? { authorization } : {}),
    async callback(request) {
      if (!isSignedBy(secrets['authToken'] ?? '', request)) return NOT_PROVEN;
      return hear(config.id, listener, request);
    },
    close: () => http.close(),
  };
}

function resultOf(answer: ServiceAnswer): PartResult {
  const body = readJson(answer.body);
  const code = textAt(body, 'code') ?? textAt(body, 'error_code');
  if (code !== undefined && THROTTLED_CODES.includes(code)) {
    return { kind: 'throttled', code, retryAfterMs: answer.retryAfterMs };
  }
  const general = refusedByAll(answer);
  if (general !== undefined) {
    const message = textAt(body, 'message');
    if (general.kind === 'throttled' || message === undefined) return general;
    return { ...general, detail: `It answered ${answer.status}: ${message}` } as PartResult;
  }
  if (answer.status >= 400) {
    const detail = textAt(body, 'message') ?? textAt(body, 'error_message') ?? 'It was refused without a reason.';
    return { kind: 'refused', code: code ?? String(answer.status), detail };
  }
  const sid = textAt(body, 'sid');
  if (sid === undefined) return { kind: 'unknown', detail: `It answered ${answer.status} without an id.` };
  return { kind: 'accepted', theirId: sid };
}

async function hear(carrierId: string, listener: CarrierListener, request: CarrierCallback): Promise<CallbackReply> {
  const { searchParams } = new URL(request.url);
  const parameters = isForm(request) ? new URLSearchParams(request.body.toString()) : searchParams;
  const theirId = parameters.get('MessageSid') ?? parameters.get('SmsSid');
  const [from, to] = [parameters.get('From'), parameters.get('To')];
  if (theirId === null) return NOT_UNDERSTOOD;

  const status = parameters.get('MessageStatus');
  if (status !== null && status !== 'received') {
    const state = STATES[status];
    const [code, ourId] = [parameters.get('ErrorCode'), searchParams.get('message')];
    if (state === undefined) return { status: 204 };
    await listener.onReceipt(carrierId, {
      theirId,
      state,
      ...(code === null ? {} : { code }),
      ...(from === null ? {} : { from }),
      ...(to === null ? {} : { to }),
      ...(ourId === null ? {} : { ourId }),
    });
    return { status: 204 };
  }
  const files = Math.min(Number(parameters.get('NumMedia') ?? 0) || 0, MOST_MEDIA);
  const media = mediaOf(
    Array.from({ length: files }, (_, index) => ({
      url: parameters.get(`MediaUrl${index}`) ?? undefined,
      type: parameters.get(`MediaContentType${index}`) ?? undefined,
    })),
  );
  const text = parameters.get('Body') ?? (media === undefined ? null : '');
  if (text === null || from === null || to === null) return NOT_UNDERSTOOD;
  await listener.onMessage(carrierId, { theirId, from, to, text, ...(media === undefined ? {} : { media }) });
  return EMPTY_ANSWER;
}
