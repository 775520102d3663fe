/**
 * Messages with the traits of RFC 4475, named as there, in wording of our own: what a peer may send (`VALID`), what must
 * be refused (`INVALID`), and what only the layer above can judge (`FOR_THE_LAYER_ABOVE`).
 */
export const VALID: Readonly<Record<string, Buffer>> = {
  /** Blanks, folds, compact names and mixed case wherever the grammar has room for them. */
  wsinv: sip(
    'INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0',
    'TO :',
    ' sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n',
    'from   : "J Rosenberg \\\\\\""       <sip:jdrosen@example.com>',
    '  ;',
    '  tag = 98asjd8',
    'MaX-fOrWaRdS: 0068',
    'Call-ID: wsinv.ndaksdj@192.0.2.1',
    'Content-Length   : 3',
    'cseq: 0009',
    '  INVITE',
    'Via  : SIP  /   2.0',
    ' /UDP',
    '    192.0.2.2;branch=390skdjuw',
    's :',
    'NewFangledHeader:   newfangled value',
    ' continued newfangled value',
    'UnknownHeaderWithUnusualValue: ;;,,;;,;',
    'Content-Type: application/sdp',
    'Route:',
    ' <sip:services.example.com;lr;unknownwith=value;unknown-no-value>',
    'v:  SIP  / 2.0  / TCP     spindle.example.com   ;',
    '  branch  =   z9hG4bK9ikj8  ,',
    ' SIP  /    2.0   / UDP  192.168.255.111   ; branch=',
    ' z9hG4bK30239',
    'm:"Quoted string \\"\\"" <sip:jdrosen@example.com> ; newparam =',
    '      newvalue ;',
    '  secondparam ; q = 0.33',
    '',
    'abc',
  ),
  /** Every character that a token, a user part and a display name may have. */
  intmeth: sip(
    "!interesting-Method0123456789_*+`.%indeed'~ sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com SIP/2.0",
    "Via: SIP/2.0/TCP host1.example.com;branch=z9hG4bK-.!%66*_+`'~",
    'To: "BEL:\\\u0007 NUL:\\\u0000 DEL:\\\u007f" <sip:1_unusual.URI~(to-be!sure)&isn\'t+it$/crazy?,/;;*@example.com>',
    "From: token1~` token2'+_ token3*%!.- <sip:mundane@example.com>;fromParam''~+*_!.-%=\"работающий\";tag=_token~1'+`*%!-.",
    'Call-ID: intmeth.word%ZK-!.*_+\'@word`~)(><:\\/"][?}{',
    "CSeq: 139122385 !interesting-Method0123456789_*+`.%indeed'~",
    'Max-Forwards: 255',
    "extensionHeader-!.%*+_`'~: \ufeff大停電",
    'Content-Length: 0',
    '',
    '',
  ),
  /** Escapes in the user part that decode to letters, and ones that must stay escaped. */
  esc01: sip(
    'INVITE sip:sips%3Auser%40example.com@example.net SIP/2.0',
    'To: sip:%75se%72@example.com',
    'From: <sip:I%20have%20spaces@example.net>;tag=938',
    ...rest('INVITE'),
    'Contact: <sip:cal%6Cer@192.0.2.5;%6C%72;n%61me=v%61lue%25%34%31>',
    '',
    '',
  ),
  /** Escaped NULs. */
  escnull: sip(
    'REGISTER sip:example.com SIP/2.0',
    'To: sip:null-%00-null@example.com',
    'From: sip:null-%00-null@example.com;tag=839923423',
    ...rest('REGISTER'),
    'Contact: <sip:%00@host5.example.com>',
    'Contact: <sip:%00%00@host5.example.com>',
    '',
    '',
  ),
  /** Percent signs where they escape nothing: methods and display names. */
  esc02: sip(
    'RE%47IST%45R sip:registrar.example.com SIP/2.0',
    'To: "%Z%45" <sip:resource@example.com>',
    'From: "%Z%45" <sip:resource@example.com>;tag=f232jadfj23',
    ...rest('RE%47IST%45R'),
    'Contact: <sip:alias1@host1.example.com>',
    '',
    '',
  ),
  /** Nothing between the display name and its angle bracket. */
  lwsdisp: sip(
    'OPTIONS sip:user@example.com SIP/2.0',
    'To: sip:user@example.com',
    'From: caller<sip:caller@example.com>;tag=323',
    ...rest('OPTIONS'),
    '',
    '',
  ),
  /** Long values everywhere. */
  longreq: sip(
    `INVITE sip:${'user'.repeat(50)}@example.com SIP/2.0`,
    `To: "I have a user name of ${'extreme '.repeat(60)}proportion"<sip:user@example.com:6000;unknownparam1=${'very'.repeat(80)}value;long${'parameter'.repeat(30)}name;shortparam>`,
    `F: sip:amazinglylongcallername${'x'.repeat(300)}@example.net;tag=12${'982'.repeat(50)}424;unknownheaderparam${'name'.repeat(30)}=unknown${'value'.repeat(30)}`,
    `Call-ID: longreq.one${'really'.repeat(40)}longcallid`,
    'CSeq: 3882340 INVITE',
    `Unknown-${'Long-'.repeat(50)}Name: unknown-${'long-'.repeat(50)}value`,
    `Via: SIP/2.0/TCP sip33.example.com;branch=z9hG4bK${'abc'.repeat(60)}`,
    ...Array.from(
      { length: 33 },
      (_, index) => `v: SIP/2.0/TCP sip${index}.example.com, SIP/2.0/UDP [2001:db8::${index}]`,
    ),
    'max-forwards: 70',
    '',
    '',
  ),
  /** A second message behind the first in one datagram. */
  dblreq: Buffer.concat([
    sip(
      'REGISTER sip:example.com SIP/2.0',
      'To: sip:j@example.com',
      'From: sip:j@example.com;tag=3',
      ...rest('REGISTER'),
      'Content-Length: 0',
      '',
      '',
    ),
    Buffer.from('INVITE sip:joe@example.com SIP/2.0\r\nt: sip:joe@example.com\r\n\r\n'),
  ]),
  /** Semicolons in the user part are not parameters of the URI. */
  semiuri: sip(
    'OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0',
    'To: sip:j_user@example.com',
    'From: sip:caller@example.org;tag=33242',
    ...rest('OPTIONS'),
    '',
    '',
  ),
  /** Transports in Via that we have never heard of. */
  transports: sip(
    'OPTIONS sip:user@example.com SIP/2.0',
    'To: sip:user@example.com',
    'From: <sip:caller@example.com>;tag=323',
    'Call-ID: transports.kijh4akdnaqjkwendsasfdj',
    'CSeq: 60 OPTIONS',
    'Via: SIP/2.0/UDP t1.example.com;branch=z9hG4bKkdjuw',
    'Via: SIP/2.0/SCTP t2.example.com;branch=z9hG4bKklasjdhf',
    'Via: SIP/2.0/TLS t3.example.com;branch=z9hG4bK2980unddj',
    'Via: SIP/2.0/UNKNOWN t4.example.com;branch=z9hG4bKasd0f3en',
    'Via: SIP/2.0/TCP t5.example.com;branch=z9hG4bK0a9idfnee',
    '',
    '',
  ),
  /** Bytes in the body that are text in no encoding, and look like a head. */
  mpart01: Buffer.concat([
    sip(
      'MESSAGE sip:kumiko@example.org SIP/2.0',
      'To: <sip:kumiko@example.org>',
      'From: <sip:fluffy@example.org>;tag=2fb0dcc9',
      ...rest('MESSAGE'),
      'Content-Type: multipart/mixed;boundary=7a9cbec02ceef655',
      'Content-Length: 40',
      '',
      '',
    ),
    Buffer.from([0x30, 0x82, 0x01, 0x52, 0x00, 0xff, 0xfe, 0x0d, 0x0a, 0x0d, 0x0a, ...Array<number>(29).fill(0x80)]),
  ]),
  /** A reason phrase of any UTF-8. */
  unreason: sip(
    'SIP/2.0 200 = 2**3 * 5**2 но сто девяносто девять - простое',
    'To: <sip:user@example.com>;tag=2',
    'From: <sip:caller@example.net>;tag=3',
    ...rest('INVITE'),
    '',
    '',
  ),
  /** No reason phrase. */
  noreason: sip(
    'SIP/2.0 100 ',
    'To: <sip:user@example.com>',
    'From: <sip:caller@example.net>;tag=3',
    ...rest('INVITE'),
    '',
    '',
  ),
};

interface Invalid {
  bytes: Buffer;
  /** What it is answered with; undefined: dropped. */
  status: number | undefined;
}

const TO = 'To: <sip:user@example.com>';
const FROM = 'From: <sip:caller@example.net>;tag=134161461246';

export const INVALID: Readonly<Record<string, Invalid>> = {
  /** Separators with nothing between them. In Via, so nothing can be answered. */
  badinv01: {
    bytes: sip(
      'INVITE sip:user@example.com SIP/2.0',
      TO,
      FROM,
      'Call-ID: 1',
      'CSeq: 8 INVITE',
      'Via: SIP/2.0/UDP 192.0.2.15;;,;,,',
      '',
      '',
    ),
    status: undefined,
  },
  clerr: { bytes: invite(TO, FROM, ...rest('INVITE'), 'Content-Length: 9999', '', 'v=0'), status: 400 },
  ncl: { bytes: invite(TO, FROM, ...rest('INVITE'), 'Content-Length: -999', '', 'v=0'), status: 400 },
  scalar02: {
    bytes: sip(
      'REGISTER sip:example.com SIP/2.0',
      TO,
      FROM,
      'Via: SIP/2.0/TCP host129.example.com;branch=z9hG4bK342sdfoi3',
      'Call-ID: scalar02',
      'CSeq: 36893488147419103232 REGISTER',
      'Max-Forwards: 300',
      '',
      '',
    ),
    status: 400,
  },
  scalarlg: {
    bytes: sip(
      'SIP/2.0 503 Service Unavailable',
      TO,
      FROM,
      'Via: SIP/2.0/UDP 192.0.2.51;branch=z9hG4bKzzxdiwo34sw',
      'Call-ID: scalarlg',
      'CSeq: 9292394834772304023312 OPTIONS',
      'Retry-After: 949302838503028349304023988',
      '',
      '',
    ),
    status: undefined,
  },
  quotbal: { bytes: invite('To: "Mr. J. User <sip:j.user@example.com>', FROM, ...rest('INVITE'), '', ''), status: 400 },
  ltgtruri: { bytes: sip('INVITE <sip:user@example.com> SIP/2.0', TO, FROM, ...rest('INVITE'), '', ''), status: 400 },
  lwsruri: { bytes: sip('INVITE sip:user@example.com; lr SIP/2.0', TO, FROM, ...rest('INVITE'), '', ''), status: 400 },
  lwsstart: { bytes: sip('INVITE  sip:user@example.com  SIP/2.0', TO, FROM, ...rest('INVITE'), '', ''), status: 400 },
  trws: {
    bytes: sip('OPTIONS sip:remote-target@example.com SIP/2.0  ', TO, FROM, ...rest('OPTIONS'), '', ''),
    status: 400,
  },
  escruri: {
    bytes: sip('INVITE sip:user@example.com?Route=%3Csip:example.com%3E SIP/2.0', TO, FROM, ...rest('INVITE'), '', ''),
    status: 400,
  },
  badvers: {
    bytes: sip(
      'OPTIONS sip:t.watson@example.org SIP/7.0',
      TO,
      FROM,
      'Via: SIP/2.0/UDP c.example.com;branch=z9hG4bKkdjuw',
      'Call-ID: b',
      'CSeq: 1 OPTIONS',
      '',
      '',
    ),
    status: 505,
  },
  mismatch01: { bytes: sip('OPTIONS sip:user@example.com SIP/2.0', TO, FROM, ...rest('INVITE'), '', ''), status: 400 },
  mismatch02: {
    bytes: sip('NEWMETHOD sip:user@example.com SIP/2.0', TO, FROM, ...rest('INVITE'), '', ''),
    status: 400,
  },
  bigcode: {
    bytes: sip('SIP/2.0 4294967301 better not break the receiver', TO, FROM, ...rest('INVITE'), '', ''),
    status: undefined,
  },
  /** No Call-ID, From or To. */
  insuf: {
    bytes: sip(
      'INVITE sip:user@example.com SIP/2.0',
      'CSeq: 193942 INVITE',
      'Via: SIP/2.0/UDP 192.0.2.95;branch=z9hG4bKkdj.insuf',
      '',
      '',
    ),
    status: undefined,
  },
  multi01: {
    bytes: invite(
      TO,
      FROM,
      'From: sip:other.caller@example.net;tag=2',
      'To: sip:other@example.com',
      ...rest('INVITE'),
      '',
      '',
    ),
    status: 400,
  },
  mcl01: {
    bytes: invite(TO, FROM, ...rest('INVITE'), 'Content-Length: 13', 'Content-Length: 5', '', 'There is text'),
    status: 400,
  },
};

/** These parse; their fault, if any, is in a header field that not every element reads, or in what they ask for. */
export const FOR_THE_LAYER_ABOVE: Readonly<Record<string, Buffer>> = {
  baddate: sip(
    'OPTIONS sip:user@example.com SIP/2.0',
    TO,
    FROM,
    ...rest('OPTIONS'),
    'Date: Fri, 01 Jan 2010 16:00:00 EST',
    '',
    '',
  ),
  regbadct: sip(
    'REGISTER sip:example.com SIP/2.0',
    TO,
    FROM,
    ...rest('REGISTER'),
    'Contact: sip:user@example.com?Route=%3Csip:sip.example.com%3E',
    '',
    '',
  ),
  badaspec: sip(
    'OPTIONS sip:user@example.com SIP/2.0',
    'To: "Watson, Thomas" < sip:t.watson@example.org >',
    FROM,
    ...rest('OPTIONS'),
    '',
    '',
  ),
  baddn: sip(
    'OPTIONS sip:user@example.com SIP/2.0',
    TO,
    'From: Bell, Alexander <sip:a.g.bell@example.com>;tag=43',
    ...rest('OPTIONS'),
    '',
    '',
  ),
  unkscm: sip('OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0', TO, FROM, ...rest('OPTIONS'), '', ''),
  novelsc: sip('OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0', TO, FROM, ...rest('OPTIONS'), '', ''),
  unksm2: sip(
    'REGISTER sip:example.com SIP/2.0',
    'To: isbn:2983792873',
    'From: <http://www.example.com>;tag=3234233',
    ...rest('REGISTER'),
    '',
    '',
  ),
  bext01: sip(
    'OPTIONS sip:user@example.com SIP/2.0',
    TO,
    FROM,
    ...rest('OPTIONS'),
    'Require: nothingSupportsThis, nothingSupportsThisEither',
    '',
    '',
  ),
  invut: invite(TO, FROM, ...rest('INVITE'), 'Content-Type: application/unknownformat', '', '<audio/>'),
  regaut01: sip(
    'REGISTER sip:example.com SIP/2.0',
    TO,
    FROM,
    ...rest('REGISTER'),
    'Authorization: NoOneKnowsThisScheme opaque-data=here',
    '',
    '',
  ),
  bcast: sip(
    'SIP/2.0 200 OK',
    TO,
    FROM,
    'Via: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923',
    'Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23',
    'Call-ID: bcast',
    'CSeq: 149209342 INVITE',
    '',
    '',
  ),
  zeromf: sip(
    'OPTIONS sip:user@example.com SIP/2.0',
    TO,
    FROM,
    'Via: SIP/2.0/UDP host1.example.com;branch=z9hG4bKkdjuw',
    'Call-ID: zeromf',
    'CSeq: 3 OPTIONS',
    'Max-Forwards: 0',
    '',
    '',
  ),
  cparam01: sip(
    'REGISTER sip:example.com SIP/2.0',
    TO,
    FROM,
    ...rest('REGISTER'),
    'Contact: sip:+19725552222@gw1.example.net;unknownparam',
    '',
    '',
  ),
  cparam02: sip(
    'REGISTER sip:example.com SIP/2.0',
    TO,
    FROM,
    ...rest('REGISTER'),
    'Contact: <sip:+19725552222@gw1.example.net;unknownparam>',
    '',
    '',
  ),
  regescrt: sip(
    'REGISTER sip:example.com SIP/2.0',
    TO,
    FROM,
    ...rest('REGISTER'),
    'Contact: <sip:user@example.com?Route=%3Csip:sip.example.com%3E>',
    '',
    '',
  ),
  /** An INVITE whose body only a session description could be an answer to, and nobody asked for one. */
  sdp01: invite(
    TO,
    FROM,
    ...rest('INVITE'),
    'Contact: <sip:caller@host5.example.net>',
    'Content-Type: application/sdp',
    'Accept: text/nobodyKnowsThis',
    '',
    'v=0',
    'o=mhandley 29739 7272939 IN IP4 192.0.2.15',
    's=-',
    'c=IN IP4 192.0.2.15',
    't=0 0',
    'm=audio 49217 RTP/AVP 0 12',
    'a=rtpmap:31 LPC',
    '',
  ),
  /** The magic cookie of a branch, and nothing behind it. */
  badbranch: sip(
    'OPTIONS sip:user@example.com SIP/2.0',
    TO,
    FROM,
    'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK',
    'Max-Forwards: 70',
    'Call-ID: badbranch.sadonfo23i420jv0as0derf3j3n',
    'CSeq: 8 OPTIONS',
    '',
    '',
  ),
  inv2543: sip(
    'INVITE sip:UserB@example.com SIP/2.0',
    'Via: SIP/2.0/UDP iftgw.example.com',
    'From: <sip:+13035551111@ift.client.example.net;user=phone>',
    'To: sip:+16505552222@ss1.example.net;user=phone',
    'Call-ID: inv2543.1717@ift.client.example.com',
    'CSeq: 56 INVITE',
    'Content-Type: application/sdp',
    '',
    'v=0',
    'o=mhandley 29739 7272939 IN IP4 192.0.2.5',
    's=-',
    'c=IN IP4 192.0.2.5',
    't=0 0',
    'm=audio 49217 RTP/AVP 0',
    '',
  ),
};

function sip(...lines: string[]): Buffer {
  return Buffer.from(lines.join('\r\n'));
}

function invite(...lines: string[]): Buffer {
  return sip('INVITE sip:user@example.com SIP/2.0', ...lines);
}

/** The fields that a message under test does not care about. */
function rest(method: string): string[] {
  return [
    'Via: SIP/2.0/UDP host5.example.net;branch=z9hG4bK-39234-23523',
    'Max-Forwards: 70',
    'Call-ID: torture.asdfjh329',
    `CSeq: 234 ${method}`,
  ];
}
