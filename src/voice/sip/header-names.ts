/** Compact forms: RFC 3261 section 7.3.3 and the IANA registry. */
const COMPACT: Readonly<Record<string, string>> = {
  a: 'Accept-Contact',
  b: 'Referred-By',
  c: 'Content-Type',
  d: 'Request-Disposition',
  e: 'Content-Encoding',
  f: 'From',
  i: 'Call-ID',
  j: 'Reject-Contact',
  k: 'Supported',
  l: 'Content-Length',
  m: 'Contact',
  o: 'Event',
  r: 'Refer-To',
  s: 'Subject',
  t: 'To',
  u: 'Allow-Events',
  v: 'Via',
  x: 'Session-Expires',
  y: 'Identity',
};

const LONG = [
  'Accept',
  'Accept-Encoding',
  'Accept-Language',
  'Alert-Info',
  'Allow',
  'Authentication-Info',
  'Authorization',
  'Call-Info',
  'Content-Disposition',
  'Content-Language',
  'CSeq',
  'Date',
  'Diversion',
  'Error-Info',
  'Expires',
  'History-Info',
  'In-Reply-To',
  'Join',
  'MIME-Version',
  'Max-Forwards',
  'Min-Expires',
  'Min-SE',
  'Organization',
  'P-Asserted-Identity',
  'P-Called-Party-ID',
  'P-Preferred-Identity',
  'Path',
  'Priority',
  'Privacy',
  'Proxy-Authenticate',
  'Proxy-Authorization',
  'Proxy-Require',
  'RAck',
  'RSeq',
  'Reason',
  'Record-Route',
  'Remote-Party-ID',
  'Replaces',
  'Reply-To',
  'Require',
  'Retry-After',
  'Route',
  'SIP-ETag',
  'SIP-If-Match',
  'Server',
  'Service-Route',
  'Session-ID',
  'Subscription-State',
  'Timestamp',
  'Unsupported',
  'User-Agent',
  'WWW-Authenticate',
  'Warning',
];

/** By the spellings that are common on the wire, then by lower case. */
const CANONICAL = new Map<string, string>();
for (const [short, name] of Object.entries(COMPACT)) {
  CANONICAL.set(short, name).set(short.toUpperCase(), name).set(name, name).set(name.toLowerCase(), name);
}
for (const name of LONG) CANONICAL.set(name, name).set(name.toLowerCase(), name);

/** The long form in its usual spelling; a name that is not known stays as written. */
export function canonicalHeaderName(name: string): string {
  return CANONICAL.get(name) ?? CANONICAL.get(name.toLowerCase()) ?? name;
}
