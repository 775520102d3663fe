import { describe, expect, it } from 'vitest';
import { parseAuthHeader } from '#voice/sip/auth-header.js';
import type { SipMessage } from '#voice/sip/message.js';
import { parseContacts, parseNameAddress, parseNameAddresses } from '#voice/sip/name-address.js';
import { parseMessage } from '#voice/sip/parse-message.js';
import { serializeMessage } from '#voice/sip/serialize-message.js';
import { SipParseError } from '#voice/sip/sip-parse-error.js';
import { FOR_THE_LAYER_ABOVE, INVALID, VALID } from '#voice/sip/torture.fixture.js';
import { formatUri, parseSipUri, parseUri, uriEquals } from '#voice/sip/uri.js';
import { topVia, viaValues } from '#voice/sip/via.js';

function valid(name: string): SipMessage {
  return parseMessage(VALID[name]!);
}

function forTheLayerAbove(name: string): SipMessage {
  return parseMessage(FOR_THE_LAYER_ABOVE[name]!);
}

function field(message: SipMessage, name: string): string {
  return message.headers.get(name)!;
}

function requestUri(message: SipMessage): string {
  if (message.kind !== 'request') throw new Error('not a request');
  return message.uri;
}

describe('RFC 4475, valid messages', () => {
  it.each(Object.keys(VALID))('%s comes back the same after writing and reading it again', (name) => {
    const message = valid(name);
    const again = parseMessage(serializeMessage(message));
    const fields = (of: SipMessage) => [...of.headers.entries()].filter(([key]) => key !== 'Content-Length');
    expect(fields(again)).toEqual(fields(message));
    expect({ ...again, headers: undefined }).toEqual({ ...message, headers: undefined });
  });

  it('wsinv: blanks and folds', () => {
    const message = valid('wsinv');
    const from = parseNameAddress(field(message, 'From'));
    expect([from.displayName, from.params.get('tag')]).toEqual(['J Rosenberg \\"', '98asjd8']);
    expect(parseNameAddress(field(message, 'To')).params.get('tag')).toBe('1918181833n');
    expect(topVia(message.headers)).toMatchObject({ transport: 'UDP', host: '192.0.2.2' });
    expect(viaValues(message.headers)).toHaveLength(3);
    expect([field(message, 'CSeq'), field(message, 'Subject'), message.body.toString()]).toEqual([
      '0009 INVITE',
      '',
      'abc',
    ]);
    expect(field(message, 'NewFangledHeader')).toBe('newfangled value continued newfangled value');
    expect(field(message, 'UnknownHeaderWithUnusualValue')).toBe(';;,,;;,;');
    expect(parseContacts(message.headers.getAll('Contact'))).toMatchObject([
      {
        displayName: 'Quoted string ""',
        params: new Map([
          ['newparam', 'newvalue'],
          ['secondparam', null],
          ['q', '0.33'],
        ]),
      },
    ]);
    const [route] = parseNameAddresses(message.headers.getAll('Route'));
    expect(formatUri(route!.uri)).toBe('sip:services.example.com;lr;unknownwith=value;unknown-no-value');
  });

  it('intmeth: every character', () => {
    const message = valid('intmeth');
    const uri = parseSipUri(requestUri(message));
    expect(uri.user).toBe("1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*");
    expect(uri.password).toBe("&it+has=1,weird!*pas$wo~d_too.(doesn't-it)");
    expect(parseNameAddress(field(message, 'To')).displayName).toBe('BEL:\u0007 NUL:\u0000 DEL:\u007f');
    const from = parseNameAddress(field(message, 'From'));
    expect(from.displayName).toBe("token1~` token2'+_ token3*%!.-");
    expect(from.params.get("fromparam''~+*_!.-%")).toBe('работающий');
  });

  it('esc01, escnull, esc02: escapes', () => {
    const escaped = valid('esc01');
    expect(parseSipUri(requestUri(escaped)).user).toBe('sips:user@example.com');
    expect(uriEquals(parseNameAddress(field(escaped, 'To')).uri, parseUri('sip:user@example.com'))).toBe(true);
    const [contact] = parseNameAddresses(escaped.headers.getAll('Contact'));
    expect(formatUri(contact!.uri)).toBe('sip:caller@192.0.2.5;lr;name=value%2541');
    const nulls = parseNameAddresses(valid('escnull').headers.getAll('Contact'));
    expect(uriEquals(nulls[0]!.uri, nulls[1]!.uri)).toBe(false);
    expect(valid('esc02')).toMatchObject({ method: 'RE%47IST%45R' });
  });

  it('lwsdisp, semiuri, transports, dblreq, mpart01, unreason, noreason', () => {
    expect(parseNameAddress(field(valid('lwsdisp'), 'From')).displayName).toBe('caller');
    const semicolons = parseSipUri(requestUri(valid('semiuri')));
    expect([semicolons.user, semicolons.params.size]).toEqual(['user;par=u@example.net', 0]);
    expect(viaValues(valid('transports').headers)).toHaveLength(5);
    expect(valid('dblreq')).toMatchObject({ method: 'REGISTER', body: Buffer.alloc(0) });
    expect(valid('mpart01').body).toHaveLength(40);
    expect(valid('unreason')).toMatchObject({ reason: '= 2**3 * 5**2 но сто девяносто девять - простое' });
    expect(valid('noreason')).toMatchObject({ status: 100, reason: '' });
    expect(viaValues(valid('longreq').headers)).toHaveLength(67);
  });
});

describe('RFC 4475, invalid messages', () => {
  it.each(Object.entries(INVALID))('%s is refused', (_, { bytes, status }) => {
    const refusal = (): SipParseError => {
      try {
        parseMessage(bytes);
      } catch (error) {
        if (error instanceof SipParseError) return error;
        throw error;
      }
      throw new Error('it parsed');
    };
    const error = refusal();
    expect(error.request === undefined ? undefined : error.status).toBe(status);
  });
});

describe('RFC 4475, messages for the layer above', () => {
  it.each(Object.keys(FOR_THE_LAYER_ABOVE))('%s parses', (name) => {
    expect(forTheLayerAbove(name).headers.get('Call-ID')).not.toBe('');
  });

  it('leaves the fault to be found where it matters', () => {
    expect(() => parseContacts(forTheLayerAbove('regbadct').headers.getAll('Contact'))).toThrow(SipParseError);
    expect(() => parseSipUri(requestUri(forTheLayerAbove('unkscm')))).toThrow(
      expect.objectContaining({ status: 416 }) as Error,
    );
    expect(() => parseSipUri(requestUri(forTheLayerAbove('novelsc')))).toThrow(SipParseError);
    expect(parseNameAddress(field(forTheLayerAbove('unksm2'), 'To')).uri).toEqual({
      scheme: 'other',
      text: 'isbn:2983792873',
    });
    expect(parseAuthHeader(field(forTheLayerAbove('regaut01'), 'Authorization')).scheme).toBe('nooneknowsthisscheme');
    expect(parseNameAddress(field(forTheLayerAbove('badaspec'), 'To')).displayName).toBe('Watson, Thomas');
    expect(parseNameAddress(field(forTheLayerAbove('baddn'), 'From')).displayName).toBe('Bell, Alexander');
  });

  it('cparam01, cparam02, regescrt: what belongs to the URI of a Contact', () => {
    const contactOf = (name: string) => parseNameAddresses(forTheLayerAbove(name).headers.getAll('Contact'))[0]!;
    expect(contactOf('cparam01').params.has('unknownparam')).toBe(true);
    expect(formatUri(contactOf('cparam02').uri)).toBe('sip:+19725552222@gw1.example.net;unknownparam');
    expect(formatUri(contactOf('regescrt').uri)).toBe('sip:user@example.com?route=%3Csip:sip.example.com%3E');
  });
});
