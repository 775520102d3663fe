/** SDP (RFC 8866) for one audio stream, and offer/answer (RFC 3264) as a desk phone does it. */
export type Codec = 'PCMU' | 'PCMA';
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

export const PAYLOAD_OF: Record<Codec, number> = { PCMU: 0, PCMA: 8 };

export interface AudioDescription {
  host: string;
  port: number;
  /** In the order of preference. */
  codecs: Codec[];
  /** Of telephone-event/8000 (RFC 4733). */
  eventPayload?: number;
  direction: Direction;
  ptimeMs?: number;
}

export function formatDescription(audio: AudioDescription, session: { id: string; version: number }): string {
  const payloads = audio.codecs.map((codec) => PAYLOAD_OF[codec]);
  const { eventPayload } = audio;
  const lines = [
    'v=0',
    `o=phone ${session.id} ${session.version} IN IP4 ${audio.host}`,
    's=-',
    `c=IN IP4 ${audio.host}`,
    't=0 0',
    `m=audio ${audio.port} RTP/AVP ${[...payloads, ...(eventPayload === undefined ? [] : [eventPayload])].join(' ')}`,
    ...audio.codecs.map((codec) => `a=rtpmap:${PAYLOAD_OF[codec]} ${codec}/8000`),
    ...(eventPayload === undefined
      ? []
      : [`a=rtpmap:${eventPayload} telephone-event/8000`, `a=fmtp:${eventPayload} 0-15`]),
    `a=ptime:${audio.ptimeMs ?? 20}`,
    `a=${audio.direction}`,
  ];
  return lines.map((line) => `${line}\r\n`).join('');
}

/** Throws when there is no audio stream over RTP/AVP, or none of its payloads is known. */
export function parseDescription(text: string): AudioDescription {
  const lines = text.split(/\r?\n/);
  const start = lines.findIndex((line) => line.startsWith('m=audio '));
  if (start < 0) throw new Error('a session description without audio');
  const next = lines.findIndex((line, index) => index > start && line.startsWith('m='));
  const media = lines.slice(start, next < 0 ? undefined : next);
  const session = lines.slice(
    0,
    lines.findIndex((line) => line.startsWith('m=')),
  );
  const valueOf = (prefix: string): string | undefined =>
    [...media, ...session].find((line) => line.startsWith(prefix))?.slice(prefix.length);
  const [, port = '', profile = '', ...payloads] = (media[0] ?? '').split(' ');
  if (profile !== 'RTP/AVP') throw new Error(`audio over ${profile}`);
  const nameOf = (payload: string): string => {
    const mapped = valueOf(`a=rtpmap:${payload} `)?.split('/')[0]?.toUpperCase();
    return mapped ?? (payload === '0' ? 'PCMU' : payload === '8' ? 'PCMA' : '');
  };
  const codecs = payloads.map(nameOf).filter((name): name is Codec => name === 'PCMU' || name === 'PCMA');
  const event = payloads.find((payload) => nameOf(payload) === 'TELEPHONE-EVENT');
  const direction = (['sendrecv', 'sendonly', 'recvonly', 'inactive'] as const).find((name) =>
    [...media, ...session].some((line) => line.trim() === `a=${name}`),
  );
  const ptime = valueOf('a=ptime:');
  return {
    host: valueOf('c=IN IP4 ')?.trim() ?? '',
    port: Number(port),
    codecs,
    ...(event === undefined ? {} : { eventPayload: Number(event) }),
    direction: direction ?? 'sendrecv',
    ...(ptime === undefined ? {} : { ptimeMs: Number(ptime) }),
  };
}

/** What an answer may say to an offered direction (RFC 3264 section 6.1). */
export function answerTo(offered: Direction): Direction {
  if (offered === 'sendonly') return 'recvonly';
  return offered === 'recvonly' ? 'sendonly' : offered;
}
