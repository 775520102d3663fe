import { parseMessage } from '#voice/sip/parse-message.js';

const SDP = [
  'v=0',
  'o=- 3958201 3958201 IN IP4 192.0.2.10',
  's=-',
  'c=IN IP4 192.0.2.10',
  't=0 0',
  'm=audio 40000 RTP/AVP 0 8 101',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:101 telephone-event/8000',
  'a=fmtp:101 0-16',
  'a=ptime:20',
  'a=sendrecv',
  '',
].join('\r\n');

/** An INVITE as a carrier sends it: two Vias, a route, fifteen fields and a session description. */
export const BENCH_INVITE = Buffer.from(
  [
    'INVITE sip:+12015550123@203.0.113.4:5060;transport=udp SIP/2.0',
    'Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK0f1e2d3c4b5a;rport',
    'Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK99aabbccdd;received=192.0.2.10',
    'Record-Route: <sip:192.0.2.1;lr;ftag=a48s>',
    'Max-Forwards: 69',
    'From: "Front Desk" <sip:+13125550199@192.0.2.10>;tag=a48s',
    'To: <sip:+12015550123@203.0.113.4>',
    'Call-ID: 843817637684230@998sdasdh09',
    'CSeq: 1826 INVITE',
    'Contact: <sip:+13125550199@192.0.2.10:5060;transport=udp>',
    'Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, INFO, UPDATE, PRACK, REFER, NOTIFY',
    'Supported: timer, replaces, 100rel',
    'Session-Expires: 1800;refresher=uac',
    'User-Agent: bench',
    'Content-Type: application/sdp',
    `Content-Length: ${Buffer.byteLength(SDP)}`,
    '',
    SDP,
  ].join('\r\n'),
);

/** Parses `BENCH_INVITE` that many times. @returns microseconds for each, by the CPU time of this process */
export function benchParse(rounds: number): number {
  const before = process.cpuUsage();
  let fields = 0;
  for (let round = 0; round < rounds; round++) fields += parseMessage(BENCH_INVITE).headers.getAll('Via').length;
  const { user, system } = process.cpuUsage(before);
  if (fields !== 2 * rounds) throw new Error('the bench message did not parse');
  return (user + system) / rounds;
}
