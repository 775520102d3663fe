import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CarrierSet } from '#carriers/carrier-set.js';
import type { Carrier, CarrierConfig, CarrierListener, ConfigOf } from '#carriers/carrier.js';
import {
  addCarrier,
  listCarriers,
  readCarriers,
  recordCarrierState,
  removeCarrier,
  showCarrier,
  testCarrier,
  updateCarrier,
  type AddCarrier,
} from '#core/carriers/index.js';
import { openSecretBox } from '#core/secret-box.js';
import { openBusiness, type Business } from '#test/business.js';

let business: Business;
let core: Business & { carriers: CarrierSet };
let ours: string;
let theirs: string;
/** What this process is connected to, by name. */
const open = new Map<string, CarrierConfig>();
const closed: string[] = [];

function connect(config: CarrierConfig): Carrier {
  if (config.name === 'broken') throw new Error('no such certificate');
  open.set(config.name, config);
  return {
    window: 1,
    submit: async () => [],
    close: async () => {
      closed.push(config.name);
      open.delete(config.name);
    },
    ...(config.name === 'asked' ? { probe: async () => ({ up: true, detail: 'it lives' }) } : {}),
  };
}

const states: Parameters<CarrierListener['onState']>[] = [];
const listener: CarrierListener = {
  onReceipt: async () => undefined,
  onMessage: async () => undefined,
  onState: (...state) => void states.push(state),
};

beforeAll(async () => {
  business = await openBusiness();
  const carriers = new CarrierSet({ smpp: connect, twilio: connect, telnyx: connect, http: connect });
  carriers.listen(listener);
  core = { ...business, carriers };
  [ours, theirs] = [await business.account('ours'), await business.account('theirs')];
});
afterAll(() => business.close());

const actor = 'test';
const twilio = { kind: 'twilio', settings: { accountSid: 'AC1' }, secrets: { authToken: 'hush' }, actor } as const;
const smpp = {
  kind: 'smpp',
  settings: { host: 'smpp.example.com', port: 2775, systemId: 'me' },
  secrets: { password: 'hush' },
  actor,
} as const;
const refusal = (code: string, field: string): unknown => expect.objectContaining({ code, field });

describe('adding', () => {
  it('keeps the secrets sealed and connects', async () => {
    const carrier = await addCarrier(core, { ...twilio, name: 'first', prefixes: ['+44'] });
    expect(carrier).toMatchObject({
      name: 'first',
      accountId: null,
      hasSecrets: true,
      prefixes: ['+44'],
      senders: [],
      priority: 100,
      segmentsPerSecond: 10,
    });
    expect(JSON.stringify(carrier)).not.toContain('hush');
    expect(open.get('first')).toEqual({
      id: carrier.id,
      name: 'first',
      kind: 'twilio',
      settings: { accountSid: 'AC1' },
      secrets: { authToken: 'hush' },
    });
    const row = await core.db.selectFrom('carriers').selectAll().where('id', '=', carrier.id).executeTakeFirstOrThrow();
    expect(row.secrets_encrypted?.includes('hush')).toBe(false);
    const audit = await core.db.selectFrom('audit_log').selectAll().where('subject', '=', carrier.id).execute();
    expect(audit).toMatchObject([{ action: 'carrier.add', details: { name: 'first', kind: 'twilio' } }]);
    expect(JSON.stringify(audit)).not.toContain('hush');
  });

  it('refuses a name that is taken', async () => {
    await expect(addCarrier(core, { ...twilio, name: 'first' })).rejects.toEqual(refusal('carrier.name_taken', 'name'));
  });

  it('one that cannot be opened says so and keeps no other from being opened', async () => {
    const { id } = await addCarrier(core, { ...twilio, name: 'broken' });
    await addCarrier(core, { ...twilio, name: 'after-broken' });
    expect(open.has('after-broken')).toBe(true);
    expect(states).toContainEqual([id, { up: false, detail: 'no such certificate' }]);
    await removeCarrier(core, { name: 'broken', actor });
  });

  const template = { send: { url: 'https://api.example.com/send', json: { to: '{to}' } } };
  const http = { kind: 'http', secrets: {}, actor } as const;
  it.each<[Partial<AddCarrier> & Pick<AddCarrier, 'kind'>, string]>([
    [{ ...twilio, name: 'a b' }, 'name'],
    [{ ...twilio, kind: 'pigeon' as 'smpp' }, 'kind'],
    [{ ...twilio, prefixes: ['44'] }, 'prefixes'],
    [{ ...twilio, senders: ['a sender that is long'] }, 'senders'],
    [{ ...twilio, priority: 0 }, 'priority'],
    [{ ...twilio, segmentsPerSecond: 0 }, 'segments_per_second'],
    [{ ...twilio, settings: {} }, 'account_sid'],
    [{ ...twilio, settings: { accountSid: 'XX1' } }, 'account_sid'],
    [{ ...twilio, settings: { accountSid: 'AC1', apiUrl: 'ftp://x' } }, 'api_url'],
    [{ ...twilio, settings: { accountSid: 'AC1', systemId: 'x' } }, 'system_id'],
    [{ ...twilio, settings: { accountSid: 'AC1', constructor: 'x' } }, 'constructor'],
    [{ ...twilio, settings: { accountSid: 'AC1', keySid: 'SK1' } }, 'key_secret'],
    [{ ...twilio, secrets: {} }, 'auth_token'],
    [{ ...twilio, secrets: { authToken: 'a\nb' } }, 'auth_token'],
    [{ ...twilio, secrets: { authToken: 'a', password: 'b' } }, 'password'],
    [{ ...smpp, settings: { ...smpp.settings, host: 'a b' } }, 'host'],
    [{ ...smpp, settings: { ...smpp.settings, port: 0 } }, 'port'],
    [{ ...smpp, settings: { ...smpp.settings, window: 1.5 } }, 'window'],
    [{ ...smpp, settings: { ...smpp.settings, tls: 'yes' } }, 'tls'],
    [{ ...smpp, settings: { ...smpp.settings, tlsCa: 'none' } }, 'tls_ca'],
    [{ ...smpp, settings: { ...smpp.settings, messageId: 'roman' } }, 'message_id'],
    [{ kind: 'telnyx', settings: { publicKey: 'short' }, secrets: { apiKey: 'k' } }, 'public_key'],
    [{ ...http, settings: {} }, 'template'],
    [{ ...http, settings: { template: [] } }, 'template'],
    [{ ...http, settings: { template }, secrets: { 'a b': 'x' } }, 'secrets'],
  ])('refuses %j', async (wrong, field) => {
    await expect(addCarrier(core, { name: 'wrong', actor, ...wrong })).rejects.toEqual(
      refusal('carrier.bad_input', field),
    );
  });

  it.each<[object, string]>([
    [{}, '"send" of the template is missing'],
    [{ send: {} }, '"send.url" of the template is missing'],
    [{ send: { url: 'https://{to}.example.com/' } }, '"send.url"'],
    [{ send: { url: 'https://user{text}@x/' } }, '"send.url"'],
    [{ ...template, sned: {} }, '"sned" of the template means nothing'],
    [{ send: { ...template.send, json: { a: ['{body}'] } } }, '"send.json.a.0" of the template holds {body}'],
    [{ send: { ...template.send, json: { a: 'see {media}' } } }, 'it stands alone'],
    [{ send: { ...template.send, headers: { 'X-Files': '{media}' } } }, 'it stands alone'],
    [{ ...template, test: { url: 'https://x.example/', query: { a: '{media}' } } }, 'it stands alone'],
    [{ send: { ...template.send, form: { a: 'b' } } }, 'more than one of "json", "form" and "xml"'],
    [{ send: { ...template.send, method: 'GET' } }, 'is a GET'],
    [{ send: { ...template.send, headers: { 'X Key': 'x' } } }, 'must name a header'],
    [{ send: { ...template.send, headers: { 'X-Key': '{secret.key}' } } }, '--secret key=…'],
    [{ ...template, reply: { success: [20] } }, 'must be an HTTP status'],
    [{ ...template, receipt: { id: 'id', status: 's', states: { DELIVRD: 'done' } } }, '"receipt.states.DELIVRD"'],
    [{ ...template, receipt: { id: 'id', status: 's' } }, '"receipt.states" of the template is missing'],
    [{ ...template, signature: { kind: 'none' } }, '"signature.kind" of the template must be one of'],
    [{ ...template, signature: { kind: 'query', parameter: 'token', secret: 'no' } }, 'must name a secret'],
  ])('refuses the template %j', async (wrong, sentence) => {
    await expect(addCarrier(core, { ...http, name: 'wrong', settings: { template: wrong } })).rejects.toThrow(sentence);
  });

  it('refuses a signature that leaves the body or the time out', async () => {
    const hmac = { kind: 'hmac', header: 'X-Sign', algorithm: 'sha256', secret: 'k' };
    for (const signature of [
      { ...hmac, over: '{url}' },
      { ...hmac, over: '{body}', timestampHeader: 'X-Time' },
    ]) {
      await expect(
        addCarrier(core, {
          ...http,
          name: 'wrong',
          secrets: { k: 'x' },
          settings: { template: { ...template, signature } },
        }),
      ).rejects.toThrow('"signature.over" of the template must hold');
    }
  });
});

describe('of accounts', () => {
  it('an account sees the installation’s and its own, and reaches no other', async () => {
    await addCarrier(core, { ...twilio, accountId: theirs, name: 'theirs' });
    const seen = async (accountId: string): Promise<string[]> =>
      (await listCarriers(core, { accountId })).map(({ name }) => name);
    expect(await seen(theirs)).toEqual(expect.arrayContaining(['theirs', 'first']));
    expect(await seen(ours)).not.toContain('theirs');
    const named = { actor, accountId: ours, name: 'theirs' };
    const attempts = [removeCarrier, updateCarrier, showCarrier, testCarrier];
    for (const attempt of attempts) {
      await expect(attempt(core, named)).rejects.toEqual(refusal('carrier.not_found', 'name'));
    }
  });
});

describe('changing', () => {
  it('changes what is given, takes back what is null, leaves the rest, and connects anew only where it must', async () => {
    await addCarrier(core, { ...smpp, name: 'changing', senders: ['Shop'], priority: 3 });
    const config = () => open.get('changing') as ConfigOf<'smpp'>;
    await updateCarrier(core, { name: 'changing', actor, priority: null, prefixes: ['+1'] });
    expect(closed).not.toContain('changing');
    await updateCarrier(core, { name: 'changing', actor, settings: { window: 5, tls: true } });
    expect(closed).toContain('changing');
    expect(config()).toMatchObject({
      settings: { host: 'smpp.example.com', window: 5, tls: true },
      secrets: { password: 'hush' },
    });
    const carrier = await updateCarrier(core, {
      name: 'changing',
      actor,
      senders: null,
      settings: { window: null },
      secrets: { password: 'new' },
    });
    expect(carrier).toMatchObject({ priority: 100, prefixes: ['+1'], senders: [] });
    expect(config().settings).toEqual({ host: 'smpp.example.com', port: 2775, systemId: 'me', tls: true });
    expect(config().secrets).toEqual({ password: 'new' });
    const audits = core.db.selectFrom('audit_log').select('details').where('action', '=', 'carrier.update');
    expect(await audits.orderBy('id').execute()).toEqual(
      [
        ['priority', 'prefixes'],
        ['window', 'tls'],
        ['senders', 'window', 'password'],
      ].map((changed) => ({
        details: { name: 'changing', changed },
      })),
    );
  });

  it('checks the whole, and changes nothing when something is wrong', async () => {
    const wrong = { name: 'changing', actor, priority: 7, settings: { systemId: null } };
    await expect(updateCarrier(core, wrong)).rejects.toEqual(refusal('carrier.bad_input', 'system_id'));
    expect(await showCarrier(core, { name: 'changing' })).toMatchObject({ priority: 100 });
  });

  it('takes new secrets where the old ones cannot be opened', async () => {
    const other = { ...core, secrets: openSecretBox('another secret') };
    await expect(updateCarrier(other, { name: 'changing', actor, priority: 2 })).rejects.toEqual(
      refusal('carrier.bad_input', 'password'),
    );
    expect((await showCarrier(core, { name: 'changing' })).priority).toBe(100);
    const before = business.errors.length;
    await updateCarrier(other, { name: 'changing', actor, secrets: { password: 'third' } });
    expect(open.get('changing')?.secrets).toEqual({ password: 'third' });
    // All others were sealed under the first key.
    expect(open.has('first')).toBe(false);
    expect(business.errors.slice(before)[0]).toContain('cannot be decrypted');
    await updateCarrier(core, { name: 'changing', actor, secrets: { password: 'fourth' } });
    expect(open.has('first')).toBe(true);
  });
});

describe('the state of a carrier', () => {
  const audits = () =>
    core.db.selectFrom('audit_log').select('action').where('actor', '=', 'carrier').orderBy('id').execute();

  it('is kept with the time of its last change, trouble is written down once, and a choice sees it', async () => {
    const { id } = await addCarrier(core, { ...smpp, name: 'stated' });
    const state = async () => (await showCarrier(core, { name: 'stated' })).state;
    const say = async (up: boolean, detail: string): Promise<number> => {
      business.clock.advance(1000);
      await recordCarrierState(core, id, { up, detail });
      return business.clock.now();
    };
    expect(await state()).toBeUndefined();
    await say(true, 'bound');
    expect(await audits()).toEqual([]);
    const since = await say(false, 'connection refused');
    await say(false, 'no such host');
    expect(await state()).toEqual({ up: false, detail: 'no such host', since: new Date(since) });
    expect((await readCarriers(core.db)).find((way) => way.id === id)).toMatchObject({ well: false });
    expect(await testCarrier(core, { name: 'stated' })).toEqual({ ok: false, detail: 'no such host' });
    await say(true, 'bound');
    expect((await audits()).map(({ action }) => action)).toEqual(['carrier.trouble', 'carrier.recovered']);
    await updateCarrier(core, { name: 'stated', actor, settings: { port: 2776 } });
    expect(await state()).toBeUndefined();
  });

  it('is asked of the connection where that can tell', async () => {
    await addCarrier(core, { ...twilio, name: 'asked' });
    expect(await testCarrier(core, { name: 'asked' })).toEqual({ ok: true, detail: 'it lives' });
  });

  it('of one that was removed meanwhile is ignored', async () => {
    const { id } = await addCarrier(core, { ...twilio, name: 'gone' });
    expect(await removeCarrier(core, { name: 'gone', actor })).toEqual({ sending: 0 });
    expect(open.has('gone')).toBe(false);
    await recordCarrierState(core, id, { up: false, detail: 'late' });
    await expect(showCarrier(core, { name: 'gone' })).rejects.toEqual(refusal('carrier.not_found', 'name'));
  });
});

it('never applies an older reading after a newer one', async () => {
  const names = ['racer-1', 'racer-2', 'racer-3'];
  await Promise.all(names.map((name) => addCarrier(core, { ...twilio, name })));
  expect(names.every((name) => open.has(name))).toBe(true);
});
