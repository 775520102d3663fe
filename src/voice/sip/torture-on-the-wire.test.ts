/** What a peer that sends the messages of RFC 4475 is answered; nothing of it throws or begins a call that it should not. */
import { expect, it } from 'vitest';
import { CARRIER, ENGINE, engineOnAWire } from '#voice/sip/engine-on-a-wire.fixture.js';
import { malformedResponse } from '#voice/sip/malformed-response.js';
import { parseMessage } from '#voice/sip/parse-message.js';
import { SipParseError } from '#voice/sip/sip-parse-error.js';
import { FOR_THE_LAYER_ABOVE, INVALID, VALID } from '#voice/sip/torture.fixture.js';

const MESSAGES: Readonly<Record<string, Buffer>> = {
  ...VALID,
  ...Object.fromEntries(Object.entries(INVALID).map(([name, { bytes }]) => [name, bytes])),
  ...FOR_THE_LAYER_ABOVE,
};

/** By name: the statuses of the answers and what the engine tells of; a 4xx is what the RFC asks for unless noted. */
const ANSWERS: Readonly<Record<string, string[]>> = {
  // A To tag, and no dialog that it belongs to.
  wsinv: ['481'],
  intmeth: ['405'],
  esc01: ['incoming from I have spaces to sips:user@example.com'],
  // Nobody registers without a password.
  escnull: ['401'],
  esc02: ['405'],
  lwsdisp: ['200'],
  longreq: ['incoming from amazinglylongcallernamexxxxxxxxxxxxxxxxxxxxxxx'],
  dblreq: ['401'],
  semiuri: ['200'],
  transports: ['200'],
  // A MESSAGE, and not of a phone of ours.
  mpart01: ['403'],
  // Responses to nothing that we asked are dropped, as are responses and requests that nobody could be answered for.
  unreason: [],
  noreason: [],
  badinv01: [],
  scalarlg: [],
  bigcode: [],
  bcast: [],
  insuf: [],
  clerr: ['400'],
  ncl: ['400'],
  scalar02: ['400'],
  quotbal: ['400'],
  ltgtruri: ['400'],
  lwsruri: ['400'],
  lwsstart: ['400'],
  trws: ['400'],
  escruri: ['400'],
  badvers: ['505'],
  mismatch01: ['400'],
  mismatch02: ['400'],
  multi01: ['400'],
  mcl01: ['400'],
  // A fault in what we need not read is nobody's harm.
  baddate: ['200'],
  badaspec: ['200'],
  baddn: ['200'],
  badbranch: ['200'],
  regbadct: ['401'],
  unkscm: ['416'],
  novelsc: ['416'],
  unksm2: ['401'],
  bext01: ['420'],
  invut: ['415'],
  regaut01: ['401'],
  // A ping of the last hop is meant for us.
  zeromf: ['200'],
  cparam01: ['401'],
  cparam02: ['401'],
  regescrt: ['401'],
  sdp01: ['406'],
  inv2543: ['incoming from +13035551111 to UserB'],
};

/** As it arrives at a transport, from the carrier's address. */
async function answersTo(bytes: Buffer): Promise<string[]> {
  const { wire, engine, events, deliver, run } = engineOnAWire();
  // The carrier is known by its address once that has been looked up.
  await run();
  const answers: string[] = [];
  wire.loses = ({ from }, message) => {
    if (from === ENGINE && message.kind === 'response') answers.push(String(message.status));
    return true;
  };
  try {
    deliver(parseMessage(bytes));
  } catch (error) {
    if (!(error instanceof SipParseError)) throw error;
    const response = malformedResponse(error, { transport: 'udp', address: CARRIER, port: 5060 });
    if (response !== undefined) answers.push(String(response.status));
  }
  await run();
  const heard = [...answers, ...events.story().map((event) => event.slice(0, 60))];
  const closing = engine.close();
  await run(400_000);
  await closing;
  return heard;
}

it('has an answer to every case', () => {
  expect(Object.keys(ANSWERS).sort()).toEqual(Object.keys(MESSAGES).sort());
});

it.each(Object.entries(ANSWERS))('%s is answered', async (name, answers) => {
  expect(await answersTo(MESSAGES[name]!)).toEqual(answers);
});
