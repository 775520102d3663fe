import { afterEach, describe, expect, it } from 'vitest';
import { createHash, createHmac } from 'node:crypto';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { systemClock } from '#clock.js';
import type {
  CarrierCallback,
  CarrierListener,
  ConfigOf,
  HttpTemplate,
  IncomingText,
  PartResult,
  Receipt,
} from '#carriers/carrier.js';
import type { OpenCarrier } from '#carriers/carrier-set.js';
import { outgoing } from '#carriers/conformance.js';
import { httpCarrier } from '#carriers/http.js';
import { telnyxCarrier } from '#carriers/telnyx.js';
import { isSignedBy } from '#carriers/twilio-signature.js';
import { twilioCarrier } from '#carriers/twilio.js';
import {
  FATES,
  LETTERBOX_SECRETS,
  letterboxDialect,
  letterboxRequest,
  letterboxTemplate,
  PIGEON_SECRETS,
  pigeonDialect,
  pigeonTemplate,
  TELNYX_PUBLIC_KEY,
  telnyxDialect,
  telnyxRequest,
  TextService,
  TWILIO_TOKEN,
  twilioDialect,
  twilioRequest,
  type ServiceDialect,
} from '#test/text-service.js';

const CALLBACK = 'http://127.0.0.1:8080/carriers/car_1/callback';
const parts = { clock: systemClock, callbackUrl: () => CALLBACK };
const seconds = (): number => Math.round(Date.now() / 1000);
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

function listening() {
  const heard = { receipts: [] as Receipt[], texts: [] as IncomingText[], states: [] as [boolean, string][] };
  const listener: CarrierListener = {
    onReceipt: async (_id, receipt) => void heard.receipts.push(receipt),
    onMessage: async (_id, text) => void heard.texts.push(text),
    onState: (_id, { up, detail }) => void heard.states.push([up, detail]),
  };
  return { ...heard, listener };
}

async function served(dialect: ServiceDialect): Promise<TextService> {
  const service = await new TextService(dialect).open();
  closing.push(() => service.close());
  return service;
}

function twilio(listener: CarrierListener, settings: Partial<ConfigOf<'twilio'>['settings']> = {}): OpenCarrier {
  const config = { id: 'car_1', name: 'tw', kind: 'twilio', settings: { accountSid: 'AC1', ...settings } } as const;
  const carrier = twilioCarrier({ ...config, secrets: { authToken: TWILIO_TOKEN, keySecret: 's' } }, listener, parts);
  closing.push(() => carrier.close());
  return carrier;
}

function telnyx(listener: CarrierListener, settings: ConfigOf<'telnyx'>['settings'] = {}): OpenCarrier {
  const config = { id: 'car_1', name: 'tx', kind: 'telnyx', settings, secrets: { apiKey: 'KEY1' } } as const;
  const carrier = telnyxCarrier(config, listener, parts);
  closing.push(() => carrier.close());
  return carrier;
}

function http(listener: CarrierListener, template: HttpTemplate, secrets: Record<string, string>): OpenCarrier {
  const config = { id: 'car_1', name: 'ht', kind: 'http', settings: { template, timeoutSeconds: 1 }, secrets } as const;
  const carrier = httpCarrier(config, listener, parts);
  closing.push(() => carrier.close());
  return carrier;
}

/** A text whose every letter some place has to escape. */
const AWKWARD = 'a&b=c "d" <e>\r\nX-Evil: 1 {secret.key} {to} ü €';
const text = { ...outgoing('sms_1', FATES.delivers, 1), text: AWKWARD };

describe('the request', () => {
  it('to Twilio is the form that its Messages resource takes', async () => {
    const service = await served(twilioDialect);
    await twilio(listening().listener, { apiUrl: `${service.url}/` }).submit(text);
    const [asked] = service.asked;
    expect(asked).toMatchObject({ method: 'POST', url: '/2010-04-01/Accounts/AC1/Messages.json' });
    expect(asked?.headers).toMatchObject({
      authorization: `Basic ${Buffer.from(`AC1:${TWILIO_TOKEN}`).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect(Object.fromEntries(new URLSearchParams(asked?.body))).toEqual({
      ...{ To: FATES.delivers, From: '+15005550100', Body: AWKWARD, ValidityPeriod: '3600' },
      StatusCallback: `${CALLBACK}/status?message=sms_1`,
    });
  });

  it('to Twilio may be made with an API key, and by a messaging service', async () => {
    const service = await served(twilioDialect);
    const settings = { apiUrl: service.url, keySid: 'SK1', messagingServiceSid: 'MG1' };
    await twilio(listening().listener, settings).submit(text);
    const [asked] = service.asked;
    expect(asked?.headers.authorization).toBe(`Basic ${Buffer.from('SK1:s').toString('base64')}`);
    expect(new URLSearchParams(asked?.body).get('MessagingServiceSid')).toBe('MG1');
  });

  it('to Telnyx is the JSON that its messages take', async () => {
    const service = await served(telnyxDialect(seconds));
    await telnyx(listening().listener, { apiUrl: service.url, messagingProfileId: 'p1' }).submit(text);
    const [asked] = service.asked;
    expect(asked).toMatchObject({ method: 'POST', url: '/v2/messages' });
    expect(asked?.headers.authorization).toBe('Bearer KEY1');
    expect(JSON.parse(asked?.body ?? '')).toEqual({
      ...{ from: '+15005550100', to: FATES.delivers, text: AWKWARD, type: 'SMS', tags: ['sms_1'] },
      ...{ messaging_profile_id: 'p1', webhook_url: `${CALLBACK}/status`, use_profile_webhooks: false },
    });
  });

  it('to services that take files names them, and no words where there are none', async () => {
    const media = ['https://files.example/a.jpg', 'https://files.example/b.png?x=1&y=2'];
    const picture = { ...text, text: '', media };
    const [toTwilio, toTelnyx] = [await served(twilioDialect), await served(telnyxDialect(seconds))];
    await twilio(listening().listener, { apiUrl: toTwilio.url }).submit(picture);
    await telnyx(listening().listener, { apiUrl: toTelnyx.url }).submit(picture);
    const form = new URLSearchParams(toTwilio.asked[0]?.body);
    expect([form.getAll('MediaUrl'), form.has('Body')]).toEqual([media, false]);
    expect(JSON.parse(toTelnyx.asked[0]?.body ?? '')).toEqual({
      ...{ from: '+15005550100', to: FATES.delivers, type: 'MMS', media_urls: media, tags: ['sms_1'] },
      ...{ webhook_url: `${CALLBACK}/status`, use_profile_webhooks: false },
    });
  });

  it('of a template has files where it says so, and nothing in their place without', async () => {
    const media = ['https://files.example/a.jpg', 'https://files.example/b.png?x=1&y=2'];
    const service = await served({ ...pigeonDialect, read: () => ({ from: '', to: FATES.refuses, text: '' }) });
    const { listener } = listening();
    const url = `${service.url}/send`;
    const json: HttpTemplate = { send: { url, json: { destination: '{to}', list: ['{media}'], files: '{media}' } } };
    const form: HttpTemplate = { send: { url, query: { f: '{media}' }, form: { to: '{to}', file: '{media}' } } };
    for (const template of [json, form]) {
      await http(listener, template, {}).submit({ ...text, media });
      await http(listener, template, {}).submit(text);
    }
    const [asJson, bareJson, asForm, bareForm] = service.asked;
    expect(JSON.parse(asJson?.body ?? '')).toEqual({ destination: text.to, list: [media], files: media });
    expect(JSON.parse(bareJson?.body ?? '')).toEqual({ destination: text.to, list: [] });
    expect(new URLSearchParams(asForm?.body).getAll('file')).toEqual(media);
    expect(new URL(asForm?.url ?? '', url).searchParams.getAll('f')).toEqual(media);
    expect([bareForm?.url, bareForm?.body]).toEqual(['/send', `to=${encodeURIComponent(text.to)}`]);
  });

  it('of a template is escaped as each place asks', async () => {
    const service = await served(letterboxDialect(seconds));
    const { listener } = listening();
    await http(listener, letterboxTemplate(service.url), LETTERBOX_SECRETS).submit(text);
    const other = await served(pigeonDialect);
    const asXml: HttpTemplate = {
      send: {
        url: `${other.url}/{text}`,
        headers: { 'X-Text': '{text}', 'Content-Type': 'text/xml' },
        query: { t: '{text}' },
        xml: '<sms to="{to.digits}">{text}</sms>',
      },
    };
    await http(listener, asXml, {}).submit({ ...text, to: FATES.delivers });
    const [json, xml] = [...service.asked, ...other.asked];
    expect(json?.url).toBe('/v3/letter%22box/messages');
    expect(json?.headers['x-api-key']).toBe('letter"box');
    expect(JSON.parse(json?.body ?? '')).toEqual({
      messages: [
        { destination: FATES.delivers, origin: '+15005550100', content: { text: AWKWARD }, ref: 'sms_1', n: 1 },
      ],
    });
    expect(new URL(xml?.url ?? '', service.url).searchParams.get('t')).toBe(AWKWARD);
    expect(decodeURIComponent(new URL(xml?.url ?? '', service.url).pathname)).toBe(`/${AWKWARD}`);
    expect(xml?.headers).toMatchObject({
      'content-type': 'text/xml',
      'x-text': 'a&b=c "d" <e>??X-Evil: 1 {secret.key} {to} ü ?',
    });
    expect(xml?.headers['x-evil']).toBeUndefined();
    expect(xml?.body).toBe(
      '<sms to="12125550100">a&amp;b=c &quot;d&quot; &lt;e&gt;\r\nX-Evil: 1 {secret.key} {to} ü €</sms>',
    );
  });
});

describe('the answer', () => {
  const submitted = async (to: string): Promise<{ result: PartResult | undefined; states: [boolean, string][] }> => {
    const service = await served(twilioDialect);
    const { listener, states } = listening();
    const [result] = await twilio(listener, { apiUrl: service.url, timeoutSeconds: 1 }).submit({ ...text, to });
    return { result, states };
  };

  it.each<[keyof typeof FATES, PartResult]>([
    ['delivers', { kind: 'accepted', theirId: 'out_1' }],
    ['refuses', { kind: 'refused', code: '21211', detail: "The 'To' number is not a valid phone number." }],
    ['throttles', { kind: 'throttled', code: '20429', retryAfterMs: 1000 }],
    ['breaks', { kind: 'unknown', detail: 'It answered 502, which does not say what became of it.' }],
    ['forbidden', { kind: 'unreachable', detail: 'It answered 401: Authenticate' }],
    ['moves', { kind: 'unreachable', detail: 'It answered 301, a redirect: is its address right?' }],
    ['stalls', { kind: 'unknown', detail: 'No answer in time.' }],
    ['floods', { kind: 'refused', code: '400', detail: 'It was refused without a reason.' }],
  ])('to a text that the service %s', async (fate, expected) => {
    const { result, states } = await submitted(FATES[fate]);
    expect(result).toEqual(expected);
    const isWell = ['accepted', 'refused', 'throttled'].includes(expected.kind);
    expect(states.map(([up]) => up)).toEqual([isWell]);
  });

  it('is that nothing left where nobody listens, and that it works again is said once', async () => {
    const port = await new Promise<number>((resolve) => {
      const probe = createServer().listen(0, '127.0.0.1', () => {
        const { port: free } = probe.address() as AddressInfo;
        probe.close(() => resolve(free));
      });
    });
    const { listener, states } = listening();
    const carrier = twilio(listener, { apiUrl: `http://127.0.0.1:${port}` });
    expect(await carrier.submit(text)).toEqual([
      { kind: 'unreachable', detail: expect.stringContaining('ECONNREFUSED') as string },
    ]);
    expect((await carrier.probe?.())?.up).toBe(false);
    await carrier.submit(text);
    expect(states).toHaveLength(1);
  });

  it('to a question whether it lives', async () => {
    const service = await served(twilioDialect);
    const { listener } = listening();
    expect(await twilio(listener, { apiUrl: service.url }).probe?.()).toEqual({
      up: true,
      detail: 'The account is active.',
    });
    expect(await telnyx(listener, { apiUrl: service.url }).probe?.()).toEqual({
      up: true,
      detail: 'It knows the API key.',
    });
    const letterbox = http(listener, letterboxTemplate(service.url), LETTERBOX_SECRETS);
    expect(await letterbox.probe?.()).toEqual({ up: true, detail: 'It answered 200.' });
    expect(service.asked.map(({ url }) => url)).toEqual([
      '/2010-04-01/Accounts/AC1.json',
      '/v2/messaging_profiles?page%5Bsize%5D=1',
      '/v3/balance',
    ]);
    expect('probe' in http(listener, pigeonTemplate(service.url), PIGEON_SECRETS)).toBe(false);
  });
});

describe('Twilio’s signature', () => {
  const url = 'https://mycompany.com/myapp.php?foo=1&bar=2';
  const fields = {
    Digits: '1234',
    To: '+18005551212',
    From: '+14158675309',
    Caller: '+14158675309',
    CallSid: 'CA1234567890ABCDE',
  };
  const request = (signature: string, changed: object = {}): CarrierCallback => ({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8', 'x-twilio-signature': signature },
    body: Buffer.from(new URLSearchParams(fields).toString()),
    ...changed,
  });

  it('is the one of its documentation', () => {
    const right = 'RSOYDt4T1cUTdK1PDd93/VVr8B8=';
    expect(isSignedBy('12345', request(right))).toBe(true);
    expect(isSignedBy('12346', request(right))).toBe(false);
    expect(isSignedBy('12345', request(right.replace('R', 'S')))).toBe(false);
    expect(isSignedBy('12345', request(right, { url: `${url}3` }))).toBe(false);
    expect(isSignedBy('12345', request(right, { body: Buffer.from('Digits=1') }))).toBe(false);
    expect(isSignedBy('12345', { ...request(right), headers: {} })).toBe(false);
  });

  it('holds with and without the usual port, and sorts what comes twice', () => {
    const sign = (over: string): string => createHmac('sha1', '12345').update(over).digest('base64');
    const body = Buffer.from('b=2&a=3&b=1&b=2');
    const given = { url: 'https://me.example/x?y=1', body };
    expect(isSignedBy('12345', request(sign('https://me.example:443/x?y=1a3b1b2'), given))).toBe(true);
    expect(isSignedBy('12345', request(sign('https://me.example/x?y=1a3b1b2'), given))).toBe(true);
    expect(isSignedBy('12345', request(sign('https://me.example:444/x?y=1a3b1b2'), given))).toBe(false);
  });

  it('of JSON is over the address, which holds the hash of the body', () => {
    const body = Buffer.from('{"a":1}');
    const hashed = `https://me.example/x?bodySHA256=${createHash('sha256').update(body).digest('hex')}`;
    const signature = createHmac('sha1', '12345').update(hashed).digest('base64');
    const json = { url: hashed, headers: { 'content-type': 'application/json', 'x-twilio-signature': signature } };
    expect(isSignedBy('12345', request(signature, { ...json, body }))).toBe(true);
    expect(isSignedBy('12345', request(signature, { ...json, body: Buffer.from('{"a":2}') }))).toBe(false);
    const plain = createHmac('sha1', '12345').update('https://me.example/x').digest('base64');
    const unproven = { ...json.headers, 'x-twilio-signature': plain };
    expect(isSignedBy('12345', request(plain, { url: 'https://me.example/x', headers: unproven, body }))).toBe(false);
  });
});

describe('what a carrier tells', () => {
  it('Twilio: states with their codes and our id; a text is answered with nothing to do', async () => {
    const { listener, receipts, texts } = listening();
    const carrier = twilio(listener);
    const tell = (fields: Record<string, string>, path = '/status?message=sms_1') =>
      carrier.callback?.(
        twilioRequest(TWILIO_TOKEN, `${CALLBACK}${path}`, { From: '+15005550100', To: '+12125550100', ...fields }),
      );
    for (const [status, state] of [
      ['sent', 'accepted'],
      ['delivered', 'delivered'],
      ['undelivered', 'undelivered'],
      ['failed', 'rejected'],
    ]) {
      const failed = status === 'failed' ? { ErrorCode: '30008' } : {};
      expect(await tell({ MessageSid: 'SM1', MessageStatus: status ?? '', ...failed })).toEqual({ status: 204 });
      expect(receipts.pop()).toEqual({
        ...{ theirId: 'SM1', state, from: '+15005550100', to: '+12125550100', ourId: 'sms_1' },
        ...(status === 'failed' ? { code: '30008' } : {}),
      });
    }
    expect(await tell({ MessageSid: 'SM1', MessageStatus: 'queued' })).toEqual({ status: 204 });
    expect(await tell({ MessageSid: 'SM2', SmsStatus: 'received', Body: 'ab' }, '/incoming')).toMatchObject({
      status: 200,
      contentType: 'text/xml',
    });
    expect(texts).toEqual([{ theirId: 'SM2', from: '+15005550100', to: '+12125550100', text: 'ab' }]);
    expect((await tell({ AccountSid: 'AC1' }))?.status).toBe(400);
    expect(receipts).toEqual([]);
  });

  it('files of a text, as far as they can be fetched; without words it is a text all the same', async () => {
    const { listener, texts } = listening();
    const from = '+12125550100';
    const to = '+15005550100';
    await twilio(listener).callback?.(
      twilioRequest(TWILIO_TOKEN, `${CALLBACK}/incoming`, {
        ...{ MessageSid: 'MM1', SmsStatus: 'received', From: from, To: to, Body: '', NumMedia: '3' },
        ...{ MediaUrl0: 'https://api.twilio.com/x/Media/ME1', MediaContentType0: 'image/JPEG; q=1' },
        ...{ MediaUrl1: 'file:///etc/passwd', MediaContentType1: 'image/png', MediaUrl2: 'https://x.example/2' },
      }),
    );
    const media = [
      { url: 'https://media.example/1', content_type: 'image/png', size: 3 },
      { url: 'no address', content_type: 'image/png' },
      { url: 'https://media.example/2', content_type: 'not a type' },
    ];
    const received = {
      event_type: 'message.received',
      payload: { id: 'm1', from: { phone_number: from }, to: [{ phone_number: to }], text: 'Look', media },
    };
    await telnyx(listener, { publicKey: TELNYX_PUBLIC_KEY }).callback?.(
      telnyxRequest(`${CALLBACK}/incoming`, received, seconds()),
    );
    const files = [{ href: 'https://files.example/1', kind: 'video/mp4' }, 'https://files.example/2', {}];
    await http(listener, letterboxTemplate('http://127.0.0.1:9'), LETTERBOX_SECRETS).callback?.(
      letterboxRequest(CALLBACK, { results: [{ messageId: 'i1', from, to, files }] }, seconds()),
    );
    expect(texts).toEqual([
      {
        ...{ theirId: 'MM1', from, to, text: '' },
        media: [{ url: 'https://api.twilio.com/x/Media/ME1', type: 'image/jpeg' }, { url: 'https://x.example/2' }],
      },
      {
        ...{ theirId: 'm1', from, to, text: 'Look' },
        media: [{ url: 'https://media.example/1', type: 'image/png' }, { url: 'https://media.example/2' }],
      },
      {
        ...{ theirId: 'i1', from, to, text: '' },
        media: [{ url: 'https://files.example/1', type: 'video/mp4' }, { url: 'https://files.example/2' }],
      },
    ]);
  });

  it('Twilio’s files are fetched with its secret, and nobody else’s', () => {
    const carrier = twilio(listening().listener);
    const authorization = `Basic ${Buffer.from(`AC1:${TWILIO_TOKEN}`).toString('base64')}`;
    expect(carrier.fileHeaders?.('https://api.twilio.com/2010-04-01/x/Media/ME1')).toEqual({ authorization });
    expect(carrier.fileHeaders?.('https://api.twilio.com.evil.example/Media/ME1')).toEqual({});
    expect(carrier.fileHeaders?.('http://api.twilio.com/Media/ME1')).toEqual({});
    expect('fileHeaders' in telnyx(listening().listener)).toBe(false);
  });

  it('Telnyx: states of its events; what is old, altered or cannot be proven is refused', async () => {
    const { listener, receipts, texts } = listening();
    const carrier = telnyx(listener, { publicKey: TELNYX_PUBLIC_KEY });
    const finalized = (status: string) => ({
      event_type: 'message.finalized',
      payload: {
        ...{ id: 'm1', tags: ['sms_1'], from: { phone_number: '+1' }, to: [{ phone_number: '+2', status }] },
        ...{ completed_at: '2026-11-22T10:00:00.000+00:00', errors: [{ code: '40008', title: 'Undeliverable' }] },
      },
    });
    const statuses = [
      'sent',
      'delivered',
      'delivery_failed',
      'sending_failed',
      'expired',
      'delivery_unconfirmed',
      'queued',
    ];
    for (const status of statuses) {
      expect(await carrier.callback?.(telnyxRequest(CALLBACK, finalized(status), seconds()))).toEqual({ status: 200 });
    }
    expect(receipts.map(({ state }) => state)).toEqual([
      ...['accepted', 'delivered', 'undelivered', 'rejected', 'expired', 'unknown'],
    ]);
    expect(receipts[1]).toEqual({
      ...{
        theirId: 'm1',
        state: 'delivered',
        code: '40008',
        detail: 'Undeliverable',
        from: '+1',
        to: '+2',
        ourId: 'sms_1',
      },
      at: new Date('2026-11-22T10:00:00Z'),
    });
    const fresh = telnyxRequest(CALLBACK, finalized('delivered'), seconds());
    for (const wrong of [
      telnyxRequest(CALLBACK, finalized('delivered'), seconds() - 400),
      telnyxRequest(CALLBACK, finalized('delivered'), seconds() + 400),
      { ...fresh, body: Buffer.concat([fresh.body, Buffer.from(' ')]) },
      { ...fresh, headers: { ...fresh.headers, 'telnyx-timestamp': String(seconds() + 1) } },
      { ...fresh, headers: { 'telnyx-timestamp': String(seconds()) } },
      { ...fresh, headers: {} },
    ]) {
      expect((await carrier.callback?.(wrong))?.status).toBe(403);
    }
    expect((await telnyx(listener).callback?.(fresh))?.status).toBe(403);
    expect((await carrier.callback?.(telnyxRequest(CALLBACK, {}, seconds())))?.status).toBe(400);
    expect(receipts).toHaveLength(6);
    expect(texts).toEqual([]);
  });

  it('a template: lists, only known states, and answers as it asks', async () => {
    const { listener, receipts, texts } = listening();
    const carrier = http(listener, letterboxTemplate('http://127.0.0.1:9'), LETTERBOX_SECRETS);
    const results = [
      { messageId: 'm1', status: { name: 'DELIVERED' }, ref: 'sms_1', error: { id: 0 } },
      { messageId: 'm2', status: { name: 'constructor' } },
      { messageId: 3, status: { name: 'FAILED' } },
    ];
    expect(await carrier.callback?.(letterboxRequest(`${CALLBACK}/status`, { results }, seconds()))).toEqual({
      ...{ status: 202, contentType: 'application/json', body: '{"ok":true}' },
    });
    expect(receipts).toEqual([
      { theirId: 'm1', state: 'delivered', code: '0', ourId: 'sms_1' },
      { theirId: '3', state: 'undelivered' },
    ]);
    const incoming = [
      { messageId: 'i1', from: '442079460000', to: '60606', text: 'YES' },
      { messageId: 'i2', from: 'Shop', to: '+15005550100', text: '' },
    ];
    await carrier.callback?.(letterboxRequest(CALLBACK, { results: incoming }, seconds()));
    expect(texts).toEqual([
      { theirId: 'i1', from: '+442079460000', to: '60606', text: 'YES' },
      { theirId: 'i2', from: 'Shop', to: '+15005550100', text: '' },
    ]);
    for (const nothing of [{}, [], 'x', { results: [] }, { results: [{ messageId: 'm1' }] }]) {
      expect((await carrier.callback?.(letterboxRequest(CALLBACK, nothing, seconds())))?.status).toBe(400);
    }
  });

  it('a template: a wrong, old or missing proof is refused', async () => {
    const { listener, receipts, texts } = listening();
    const results = [{ messageId: 'm1', status: { name: 'DELIVERED' } }];
    const right = letterboxRequest(CALLBACK, { results }, seconds());
    const letterbox = letterboxTemplate('http://127.0.0.1:9');
    const unsigned: HttpTemplate = { send: letterbox.send, receipt: pigeonTemplate('').receipt! };
    const header: HttpTemplate = {
      ...letterbox,
      signature: { kind: 'header', header: 'Authorization', secret: 'signing' },
    };
    const pigeon = pigeonTemplate('http://127.0.0.1:9');
    const refused: [HttpTemplate, CarrierCallback][] = [
      [unsigned, right],
      [letterbox, { ...right, headers: { ...right.headers, 'x-signature': 'v1=00' } }],
      [letterbox, { ...right, headers: { ...right.headers, 'x-time': String(seconds() + 1) } }],
      [letterbox, { ...right, body: Buffer.from('{}') }],
      [letterbox, letterboxRequest(CALLBACK, { results }, seconds() - 301)],
      [header, right],
      [pigeon, { method: 'GET', url: `${CALLBACK}?msgid=1&stat=DELIVRD`, headers: {}, body: Buffer.alloc(0) }],
      [pigeon, { method: 'GET', url: `${CALLBACK}?msgid=1&stat=DELIVRD&token=no`, headers: {}, body: Buffer.alloc(0) }],
    ];
    for (const [template, request] of refused) {
      const carrier = http(listener, template, { ...LETTERBOX_SECRETS, ...PIGEON_SECRETS });
      expect((await carrier.callback?.(request))?.status).toBe(403);
    }
    expect([...receipts, ...texts]).toEqual([]);
    const proven = { ...right, headers: { authorization: LETTERBOX_SECRETS.signing } };
    expect((await http(listener, header, LETTERBOX_SECRETS).callback?.(proven))?.status).toBe(202);
  });
});
