/** `sip:user@host:port;params`; `port` is 5060 when the text has none. */
export interface SipUri {
  user: string;
  host: string;
  port: number;
  params: Record<string, string>;
}

/** What From, To, Contact and Route hold. */
export interface NameAddress {
  displayName: string;
  uri: string;
  /** Of the field, not of the URI; names in lower case, flags have an empty value. */
  params: Record<string, string>;
}

export interface Via {
  transport: string;
  sentBy: string;
  params: Record<string, string>;
}

export function parseUri(text: string): SipUri {
  const match = /^sips?:(?:([^@]*)@)?(\[[^\]]+\]|[^:;?]+)(?::(\d+))?([^?]*)/i.exec(text);
  if (!match) throw new Error(`not a SIP URI: ${text}`);
  const user = decodeURIComponent((match[1] ?? '').split(/[:;]/)[0] ?? '');
  return { user, host: match[2] ?? '', port: Number(match[3] ?? 5060), params: parseParams(match[4] ?? '') };
}

export function parseNameAddress(text: string): NameAddress {
  const bracketed = /^(?:"((?:[^"\\]|\\.)*)"|([^<]*?))\s*<([^>]*)>(.*)$/.exec(text);
  if (bracketed)
    return {
      displayName: (bracketed[1] ?? bracketed[2] ?? '').replaceAll(/\\(.)/g, '$1'),
      uri: bracketed[3] ?? '',
      params: parseParams(bracketed[4] ?? ''),
    };
  const semicolon = text.indexOf(';');
  // Without brackets the parameters belong to the field (RFC 3261 section 20.10).
  return semicolon < 0
    ? { displayName: '', uri: text.trim(), params: {} }
    : { displayName: '', uri: text.slice(0, semicolon).trim(), params: parseParams(text.slice(semicolon)) };
}

export function parseVia(text: string): Via {
  const match = /^SIP\s*\/\s*2\.0\s*\/\s*(\w+)\s+([^;\s]+)\s*(.*)$/.exec(text);
  if (!match) throw new Error(`not a Via: ${text}`);
  return { transport: (match[1] ?? '').toLowerCase(), sentBy: match[2] ?? '', params: parseParams(match[3] ?? '') };
}

/** The tag of a From or To value; empty when there is none. */
export function tagOf(value: string): string {
  return value === '' ? '' : (parseNameAddress(value).params.tag ?? '');
}

function parseParams(text: string): Record<string, string> {
  const params: Record<string, string> = {};
  for (const part of text.split(';')) {
    const [name = '', value = ''] = part.split('=', 2).map((side) => side.trim());
    if (name !== '') params[name.toLowerCase()] = value.replace(/^"(.*)"$/, '$1');
  }
  return params;
}
