import { describe, expect, it } from 'vitest';
import type { CallerId, Diversion, TrunkConfig } from '#voice/engine.js';
import { CARRIER, DESK, ENGINE, engineOnAWire, phone, STRANGER, trunk } from '#voice/sip/engine-on-a-wire.fixture.js';
import { sdpOf, type Asking } from '#voice/sip/scripted-peer.fixture.js';
import { TrunkAddresses } from '#voice/sip/trunk-addresses.js';

const WHO = ['From', 'P-Asserted-Identity', 'P-Preferred-Identity', 'Remote-Party-ID', 'Privacy', 'Diversion'];
const ours: CallerId = { number: '+18005550199', displayName: 'Shop "A"' };
const hidden: CallerId = { ...ours, private: true };
const diversion: Diversion = { number: '+12025550177', reason: 'no-answer' };
const anonymous = 'Anonymous <sip:anonymous@anonymous.invalid>';
const shop = String.raw`"Shop \"A\"" <sip:+18005550199@${ENGINE}>`;

/** The identity fields of the INVITE that the carrier gets. */
async function told(config: Partial<TrunkConfig>, from: CallerId, diverted?: Diversion) {
  const world = engineOnAWire();
  world.engine.send({ kind: 'configure', trunks: [{ ...trunk, ...config }], phones: [] });
  const carrier = world.peer(CARRIER);
  world.engine.send({
    kind: 'dial',
    leg: 'a',
    to: { kind: 'trunk', trunk: 'carrier', number: '+12025550123' },
    from,
    ...(diverted !== undefined && { diversion: diverted }),
    ringTimeoutMs: 30_000,
  });
  await world.run();
  const { headers, uri } = carrier.request('INVITE');
  const fields = WHO.map((name) => [name, headers.get(name)?.replace(/;tag=.*/, '')] as const);
  return { uri, to: headers.get('To'), ...Object.fromEntries(fields.filter(([, value]) => value !== undefined)) };
}

describe('who calls, to a trunk', () => {
  it.each<[string, Partial<TrunkConfig>, CallerId, Record<string, string>]>([
    ['From alone', {}, ours, { From: shop }],
    ['asserted', { callerId: { header: 'p-asserted-identity' } }, ours, { From: shop, 'P-Asserted-Identity': shop }],
    ['preferred', { callerId: { header: 'p-preferred-identity' } }, ours, { From: shop, 'P-Preferred-Identity': shop }],
    [
      'as remote party',
      { callerId: { header: 'remote-party-id' } },
      ours,
      { From: shop, 'Remote-Party-ID': `${shop};party=calling;screen=yes;privacy=off` },
    ],
    [
      'with the form and host of the trunk',
      { numbers: { caller: 'bare' }, callerId: { fromHost: 'carrier.example' } },
      { number: '+18005550199' },
      { From: '<sip:18005550199@carrier.example>' },
    ],
    [
      'with the user name in From',
      { username: 'shop', password: 'x', callerId: { header: 'p-preferred-identity', fromUser: 'username' } },
      { number: '+18005550199' },
      { From: `<sip:shop@${ENGINE}>`, 'P-Preferred-Identity': `<sip:+18005550199@${ENGINE}>` },
    ],
    ['in private', {}, hidden, { From: anonymous, 'P-Asserted-Identity': shop, Privacy: 'id' }],
    [
      'in private, as remote party',
      { callerId: { header: 'remote-party-id' } },
      hidden,
      { From: anonymous, 'Remote-Party-ID': `${shop};party=calling;screen=yes;privacy=full`, Privacy: 'id' },
    ],
  ])('%s', async (_, config, from, fields) => {
    expect(await told(config, from)).toEqual({
      uri: `sip:+12025550123@${CARRIER}`,
      to: `<sip:+12025550123@${CARRIER}>`,
      ...fields,
    });
  });

  it('says whom a forwarded call was for, unless the trunk does not take it', async () => {
    const numbers = { called: 'bare', technicalPrefix: '77' } as const;
    expect(await told({ numbers }, ours, diversion)).toMatchObject({
      uri: `sip:7712025550123@${CARRIER}`,
      Diversion: `<sip:12025550177@${ENGINE}>;reason=no-answer;counter=1`,
    });
    expect(await told({ callerId: { diversion: false } }, ours, diversion)).not.toHaveProperty('Diversion');
  });
});

describe('who calls, to a phone', () => {
  it('is not told where the caller does not want it', async () => {
    const world = engineOnAWire();
    const desk = world.peer(DESK);
    const contact = { uri: `sip:101@${DESK}`, transport: 'udp', address: DESK, port: 5060 } as const;
    const contacts = [{ ...contact, expiresAt: world.clock.now() + 60_000 }];
    world.engine.send({ kind: 'configure', trunks: [], phones: [{ ...phone, id: 'two', contacts }] });
    const to = { kind: 'phone', phone: 'two', number: '' } as const;
    world.engine.send({ kind: 'dial', leg: 'a', to, from: hidden, diversion, ringTimeoutMs: 30_000 });
    await world.run();
    const { headers } = desk.request('INVITE');
    expect(headers.get('From')).toContain(anonymous);
    expect(headers.get('Privacy')).toBe('id');
    expect([...headers.entries()].join()).not.toContain('8005550199');
    expect(headers.get('Diversion')).toContain('sip:+12025550177@');
  });
});

describe('what is known of the number of who calls', () => {
  it.each([
    ['is told to a phone', 'TN-Validation-Passed', `<sip:+12025550144@${ENGINE};verstat=TN-Validation-Passed>`],
    ['is told as the word that it is, and nothing else', 'a>;b="c"', `<sip:+12025550144@${ENGINE}>`],
  ])('%s', async (_, verstat, from) => {
    const world = engineOnAWire();
    const desk = world.peer(DESK);
    const contact = { uri: `sip:101@${DESK}`, transport: 'udp', address: DESK, port: 5060 } as const;
    const contacts = [{ ...contact, expiresAt: world.clock.now() + 60_000 }];
    world.engine.send({ kind: 'configure', trunks: [], phones: [{ ...phone, id: 'two', contacts }] });
    const to = { kind: 'phone', phone: 'two', number: '' } as const;
    world.engine.send({ kind: 'dial', leg: 'a', to, from: { number: '+12025550144', verstat }, ringTimeoutMs: 30_000 });
    await world.run();
    expect(desk.request('INVITE').headers.get('From')).toContain(from);
  });
});

/** What the engine makes of an INVITE of the carrier, or of an address that is trusted as its own. */
async function incoming(config: Partial<TrunkConfig>, asking: Asking, address = CARRIER) {
  const world = engineOnAWire();
  world.engine.send({ kind: 'configure', trunks: [{ ...trunk, ...config }], phones: [phone] });
  await world.run();
  const peer = world.peer(address);
  peer.ask('INVITE', { sdp: sdpOf(address), ...asking });
  await world.run();
  return { peer, event: world.events.all.find((event) => event.kind === 'leg.incoming') };
}

describe('a call from a trunk', () => {
  const british = { called: 'national', caller: 'bare', countryCode: '44', nationalPrefix: '0' } as const;

  it.each<[string, TrunkConfig['numbers'], Asking, string, string]>([
    ['by Request-URI', {}, {}, '+12025550100', '+18005550199'],
    [
      'in the forms of the trunk',
      british,
      { uri: `sip:02071838750@${ENGINE}`, from: `<sip:12025550100@${CARRIER}>;tag=x` },
      '+12025550100',
      '+442071838750',
    ],
    [
      'by To',
      { calledFrom: 'to' },
      { to: `<sip:+442071838750@${ENGINE};user=phone>` },
      '+12025550100',
      '+442071838750',
    ],
    [
      'by P-Called-Party-ID',
      { calledFrom: 'p-called-party-id' },
      { headers: [['P-Called-Party-ID', '<tel:+442071838750>']] },
      '+12025550100',
      '+442071838750',
    ],
    [
      'by Request-URI where that field is missing',
      { calledFrom: 'p-called-party-id' },
      {},
      '+12025550100',
      '+18005550199',
    ],
  ])('finds the called number %s', async (_, numbers, asking, from, to) => {
    const { event } = await incoming({ ...(numbers && { numbers }) }, asking);
    expect(event).toMatchObject({ from, to, origin: { kind: 'trunk', trunk: 'carrier' } });
  });

  it('brings what the trunk vouches for', async () => {
    const { event } = await incoming(
      { numbers: { caller: 'bare' } },
      {
        from: '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=x',
        headers: [
          ['P-Asserted-Identity', `"A" <sip:12025550144;verstat=TN-Validation-Passed-A@${CARRIER};user=phone>`],
          ['Privacy', 'id;critical'],
          ['Diversion', `<sip:12025550155@${CARRIER}>;reason="user-busy", <sip:1@x>;reason=unknown`],
          ['Identity', 'abc.def.ghi;info=<https://x.invalid>'],
        ],
      },
    );
    expect(event).toMatchObject({
      from: 'anonymous',
      caller: {
        asserted: '+12025550144',
        private: true,
        diversion: { number: '+12025550155', reason: 'user-busy' },
        verstat: 'TN-Validation-Passed-A',
        identity: 'abc.def.ghi;info=<https://x.invalid>',
      },
    });
  });

  it('says nothing where there is nothing, and is not refused for what cannot be read', async () => {
    const headers: [string, string][] = [
      ['P-Asserted-Identity', '<<>'],
      ['Diversion', '"'],
      ['Privacy', 'none'],
      ['Identity', 'x'.repeat(5_000)],
    ];
    const { event } = await incoming({}, { headers });
    expect(event).toMatchObject({ kind: 'leg.incoming' });
    expect(event).not.toHaveProperty('caller');
  });
});

describe('a trunk with addresses of its own', () => {
  const inboundAddresses = ['10.0.0.64/30', '2001:db8::/32', 'nonsense', '10.0.0.0/99'];

  it('is trusted there', async () => {
    expect((await incoming({ inboundAddresses }, {}, STRANGER)).event).toMatchObject({
      origin: { kind: 'trunk', trunk: 'carrier' },
    });
    const networks = new TrunkAddresses(inboundAddresses);
    expect(['2001:db8::7', '2001:db9::7', '10.0.0.66', '10.0.0.1'].map((address) => networks.has(address))).toEqual([
      true,
      false,
      true,
      false,
    ]);
    const { event, peer } = await incoming({ inboundAddresses }, {}, '10.0.0.68');
    expect(event).toBeUndefined();
    expect(peer.heard()).toEqual(['403 INVITE']);
  });

  it('does not take calls that say they are from a phone of ours', async () => {
    const { event, peer } = await incoming({ inboundAddresses }, { from: `<sip:101@${ENGINE}>;tag=x` }, STRANGER);
    expect(event).toBeUndefined();
    expect(peer.heard()).toEqual(['401 INVITE']);
  });

  it('is trusted on loopback only where it says so', async () => {
    expect((await incoming({}, {}, '127.0.0.9')).event).toBeUndefined();
    expect((await incoming({ inboundAddresses: ['127.0.0.0/8'] }, {}, '127.0.0.9')).event).toBeDefined();
  });
});
