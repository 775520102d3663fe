/** The SMPP carrier against an implementation that shares nothing with ours: Net::SMPP, in Perl (`scenarios/smsc.pl`). */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { IncomingText, OutgoingText, Receipt, SmppSettings } from '#carriers/carrier.js';
import type { OpenCarrier } from '#carriers/carrier-set.js';
import { smppCarrier } from '#carriers/smpp-carrier.js';
import { systemClock } from '#clock.js';
import { encodeText, partsOf, readGsm7 } from '#core/segments/index.js';
import { eventually } from '../eventually.js';
import { describeWithPeer, PeerProcess } from './real-peer.js';

const SCRIPT = join(process.cwd(), 'test', 'peers', 'scenarios', 'smsc.pl');

let folder: string;
let smsc: PeerProcess;
let carrier: OpenCarrier;
let receipts: Receipt[];
let messages: IncomingText[];
let isUp: boolean;

async function connect(settings: Partial<SmppSettings> = {}): Promise<void> {
  await smsc.printed('listening ');
  carrier = smppCarrier(
    {
      ...{ id: 'car_1', name: 'test', kind: 'smpp' },
      settings: {
        ...{ host: '127.0.0.1', port: Number(/listening (\d+)/.exec(smsc.output)?.[1]) },
        ...{ systemId: 'sidetone', systemType: 'test', messageId: 'hex_to_decimal' },
        ...settings,
      },
      secrets: { password: 'secret' },
    },
    {
      onReceipt: async (_id, receipt) => void receipts.push(receipt),
      onMessage: async (_id, message) => void messages.push(message),
      onState: (_id, { up }) => void (isUp = up),
    },
    { clock: systemClock, readGsm7 },
  );
  await eventually(() => expect(isUp).toBe(true));
}

function text(said: string, reference: number): OutgoingText {
  const { encoding, text: encoded } = encodeText(said);
  const parts = partsOf(encoded, encoding, reference);
  return {
    ...{ id: `sms_${reference}`, from: '+15550001111', to: '+15550002222', text: encoded, validitySeconds: 3600 },
    ...{ encoding: encoding === 'ucs2' ? 'ucs2' : 'gsm7', parts, of: parts.length, reference },
  };
}

describeWithPeer('Net::SMPP', 'SMPP', () => {
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sidetone-smpp-'));
    [receipts, messages, isUp] = [[], [], false];
    smsc = new PeerProcess('perl', [SCRIPT], folder);
  });
  afterEach(async () => {
    await carrier.close();
    await smsc.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  test('binds, sends, is told of receipts and texts, is asked whether it is there, and unbinds', async () => {
    await connect();
    const results = [...(await carrier.submit(text('Grüße für 5 €', 1))), ...(await carrier.submit(text('ę', 2)))];
    expect(results).toEqual([
      { kind: 'accepted', theirId: '161' },
      { kind: 'accepted', theirId: '162' },
    ]);
    await eventually(() => expect([receipts.length, messages.length]).toEqual([2, 2]));
    expect(receipts).toMatchObject([
      { theirId: '161', state: 'delivered', from: '+15550001111', to: '+15550002222' },
      { theirId: '162', state: 'delivered' },
    ]);
    expect(messages).toEqual([
      {
        ...{ from: '+15550002222', to: '+15550001111', text: 'STOP' },
        concatenation: { reference: 0x5f, part: 1, of: 2 },
      },
      { from: '+15550002222', to: '+15550001111', text: 'ę' },
    ]);
    await carrier.close();
    expect(await smsc.exited).toBe(0);
    const lines = smsc.output.trim().split('\n');
    // 01, 1e, 7e, 1b65: ü is 7e, ß is 1e, the euro an escape (3GPP TS 23.038, 6.2.1).
    const gruesse = '47727e1e652066' + '7e72203520' + '1b65';
    expect(lines.filter((line) => !/^(delivered|there)/.test(line)).slice(1)).toEqual([
      'bind sidetone secret test version 52',
      `submit 1/1 15550001111 1/1 15550002222 class 0 receipt 1 coding 0 valid 000000010000000R octets ${gruesse} - - - -`,
      'submit 1/1 15550001111 1/1 15550002222 class 0 receipt 1 coding 8 valid 000000010000000R octets 0119 - - - -',
      'unbound',
    ]);
    expect(lines.filter((line) => line === 'delivered 0')).toHaveLength(4);
    expect(lines).toContain('there');
  });

  test.each([
    ['udh', ['class 64', '0500032a0201', '0500032a0202']],
    ['sar', ['class 0', ' 002a 02 01 -', ' 002a 02 02 -']],
    ['payload', ['class 0', 'octets  - - - 61616161']],
  ] as const)('a long text by %s', async (concatenation, seen) => {
    await connect({ concatenation });
    const results = await carrier.submit(text('a'.repeat(200), 0x2a));
    expect(new Set(results.map(({ kind }) => kind))).toEqual(new Set(['accepted']));
    expect(results).toHaveLength(concatenation === 'payload' ? 1 : 2);
    await carrier.close();
    expect(await smsc.exited).toBe(0);
    for (const piece of seen) expect(smsc.output).toContain(piece);
  });
});
