import { afterEach, expect, test } from 'vitest';
import type { EngineEvent, TrunkConfig } from '#voice/engine.js';
import { startSipEngine } from '#voice/sip/start-sip-engine.js';
import type { SipTls } from '#voice/sip/worker-messages.js';
import { openPhone, type Phone } from '../phones.js';
import { Watch } from '../phones/watch.js';
import { certificateOne } from '../wire/certificates.js';
import { openKamailio, type Kamailio } from './kamailio.js';
import { describeWithPeer } from './real-peer.js';

const HOST = '127.0.0.1';
const OURS = '+18005550199';
const THEIRS = '+12125550100';

type Kind = EngineEvent['kind'];
type EventOf<K extends Kind> = Extract<EngineEvent, { kind: K }>;

const open: { close(): Promise<void> }[] = [];
function kept<T extends { close(): Promise<void> }>(thing: T): T {
  open.push(thing);
  return thing;
}
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

/** Kamailio with a phone behind it that stands for the telephone network. */
async function openCarrier(): Promise<{ kamailio: Kamailio; network: Phone }> {
  const network = kept(await openPhone({ user: 'network' }));
  const kamailio = kept(await openKamailio({ password: 'right', network: { port: network.port } }));
  return { kamailio, network };
}

function trunkAt(uri: string, more: Partial<TrunkConfig> = {}): TrunkConfig {
  return {
    id: 'carrier',
    name: 'Carrier',
    uri,
    username: OURS,
    password: 'right',
    register: { expiresSeconds: 600 },
    tls: { ca: certificateOne.cert },
    ...more,
  };
}

/** Our engine in its threads, with that trunk alone. */
async function openEngine(trunk: TrunkConfig, tls?: SipTls) {
  const { engine } = await startSipEngine({
    host: HOST,
    port: 0,
    mediaWorkers: 1,
    ...(tls !== undefined && { tls }),
    waits: { t1: 50, t2: 400, cancelWait: 1_000 },
  });
  kept(engine);
  const events: EngineEvent[] = [];
  const watch = new Watch();
  engine.on((event) => {
    events.push(event);
    watch.changed();
  });
  const event = <K extends Kind>(kind: K, isIt: (event: EventOf<K>) => boolean = () => true, withinMs?: number) =>
    watch.until(
      kind,
      () =>
        events.find((candidate): candidate is EventOf<K> => candidate.kind === kind && isIt(candidate as EventOf<K>)),
      () => JSON.stringify(events.filter(({ kind }) => kind !== 'load')),
      withinMs,
    );
  engine.send({ kind: 'configure', trunks: [trunk], phones: [] });
  const dial = (leg: string) =>
    engine.send({
      kind: 'dial',
      leg,
      to: { kind: 'trunk', trunk: 'carrier', number: THEIRS },
      from: { number: OURS },
      ringTimeoutMs: 20_000,
    });
  return { engine, event, dial };
}

describeWithPeer('kamailio', 'a trunk that is not ours', () => {
  test.each([
    ['udp', 'in the usual way'],
    ['tcp', 'in the usual way'],
    ['tls', 'on our connection'],
    ['tls', 'with a certificate of ours'],
  ] as const)('over %s, %s, is registered at, called through and called from', async (transport, how) => {
    const { kamailio, network } = await openCarrier();
    const tls = how === 'with a certificate of ours' ? { port: 0, ...kamailio.certificate } : undefined;
    const { engine, event, dial } = await openEngine(trunkAt(kamailio.uri(transport)), tls);
    const state = await event('trunk.state', ({ registered }) => registered !== undefined);
    expect(state).toMatchObject({ up: true, registered: true, sipCode: 200 });

    dial('out');
    const call = await network.nextCall();
    expect(call.invite.uri).toBe(
      `sip:${THEIRS}@${HOST}:${transport === 'tls' ? kamailio.port + 1 : kamailio.port};transport=${transport}`,
    );
    expect(call.invite.headers.has('Record-Route')).toBe(true);
    expect(call.invite.headers.has('Proxy-Authorization')).toBe(false);
    call.ring();
    await event('leg.ringing');
    await call.answer();
    await event('leg.answered', ({ leg }) => leg === 'out');
    await network.waitForRequest('ACK');
    engine.send({ kind: 'hangup', leg: 'out' });
    expect(await call.ended).toMatchObject({ by: 'them', how: 'bye' });

    const back = await network.invite(`sip:${OURS}@${HOST}:${kamailio.port}`);
    const incoming = await event('leg.incoming');
    expect(incoming).toMatchObject({ origin: { kind: 'trunk', trunk: 'carrier' }, to: OURS });
    engine.send({ kind: 'answer', leg: incoming.leg });
    await back.answered();
    await event('leg.answered', ({ leg }) => leg === incoming.leg);
    await back.hangup();
    expect(await event('leg.ended', ({ leg }) => leg === incoming.leg)).toMatchObject({ cause: 'hangup', by: 'them' });

    // Taken back with the trunk.
    engine.send({ kind: 'configure', trunks: [], phones: [] });
    await expect
      .poll(async () => (await (await network.invite(`sip:${OURS}@${HOST}:${kamailio.port}`)).ended).status)
      .toBe(404);
    expect(network.complaints()).toEqual([]);
  });

  test('refuses a wrong password, and says so', async () => {
    const { kamailio } = await openCarrier();
    const { event, dial } = await openEngine(trunkAt(kamailio.uri('udp'), { password: 'wrong' }));
    const state = await event('trunk.state', ({ registered }) => registered === false);
    expect(state).toMatchObject({ up: true, sipCode: 401 });
    expect(state.detail).toContain('does not accept our user name and password');
    dial('out');
    expect(await event('leg.ended')).toMatchObject({ cause: 'forbidden', sipCode: 407 });
  });

  test('is not trusted over TLS with a certificate that nobody vouches for', async () => {
    const { kamailio } = await openCarrier();
    const { event, dial } = await openEngine(trunkAt(kamailio.uri('tls'), { tls: {} }));
    expect((await event('trunk.state')).detail).toContain('over TLS: self-signed certificate');
    dial('out');
    expect(await event('leg.ended')).toMatchObject({ cause: 'unreachable' });
  });

  test('refused, cancelled and silent calls end as they should', async () => {
    const { kamailio, network } = await openCarrier();
    const { engine, event, dial } = await openEngine(trunkAt(kamailio.uri('udp')));
    dial('busy');
    (await network.nextCall()).reject(486, 'Busy Here');
    expect(await event('leg.ended', ({ leg }) => leg === 'busy')).toMatchObject({ cause: 'busy', sipCode: 486 });
    dial('gone');
    const call = await network.nextCall();
    call.ring();
    await event('leg.ringing', ({ leg }) => leg === 'gone');
    engine.send({ kind: 'hangup', leg: 'gone' });
    expect(await event('leg.ended', ({ leg }) => leg === 'gone')).toMatchObject({ cause: 'canceled', sipCode: 487 });
    expect(await call.ended).toMatchObject({ how: 'cancel' });
    expect(network.complaints()).toEqual([]);
  });

  test('goes down and comes up again', async () => {
    const { kamailio, network } = await openCarrier();
    const { port } = kamailio;
    const uri = kamailio.uri('tcp');
    const { event } = await openEngine({ id: 'carrier', name: 'Carrier', uri, healthEverySeconds: 1 });
    await event('trunk.state', ({ up }) => up);
    await kamailio.close();
    const down = await event('trunk.state', ({ up }) => !up, 20_000);
    expect(down.detail).toContain(`${HOST}:${port} over TCP`);
    kept(await openKamailio({ password: 'right', network: { port: network.port }, port }));
    expect(await event('trunk.state', ({ up, seq }) => up && seq > down.seq, 20_000)).toMatchObject({ sipCode: 200 });
  });
});
