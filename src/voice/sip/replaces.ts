/** Dialogs named in a header field: Replaces (RFC 3891 section 6.1) and Target-Dialog (RFC 4538 section 7). */
import type { DialogId } from '#voice/sip/dialog-table.js';
import { parseParams, type Params } from '#voice/sip/params.js';
import { SipParseError } from '#voice/sip/sip-parse-error.js';

/** As whoever gets the request sees the dialog. */
export interface Replaces extends DialogId {
  /** Only while it is not answered. */
  earlyOnly: boolean;
}

/** @throws SipParseError */
export function parseReplaces(value: string): Replaces {
  const { callId, params } = parse(value);
  return {
    callId,
    localTag: tag(params, 'to-tag'),
    remoteTag: tag(params, 'from-tag'),
    earlyOnly: params.has('early-only'),
  };
}

/** @throws SipParseError */
export function parseTargetDialog(value: string): DialogId {
  const { callId, params } = parse(value);
  return { callId, localTag: tag(params, 'local-tag'), remoteTag: tag(params, 'remote-tag') };
}

/** What the far end of a dialog of ours is to see in an INVITE that takes our place in it. */
export function formatReplaces({ callId, localTag, remoteTag }: DialogId): string {
  return `${callId};to-tag=${remoteTag};from-tag=${localTag}`;
}

/** The same dialog as its other end names it. */
export function otherWayRound({ callId, localTag, remoteTag }: DialogId): DialogId {
  return { callId, localTag: remoteTag, remoteTag: localTag };
}

function parse(value: string): { callId: string; params: Params } {
  const text = value.trim();
  const semicolon = text.indexOf(';');
  const callId = (semicolon < 0 ? text : text.slice(0, semicolon)).trim();
  if (callId === '' || /\s/.test(callId)) throw new SipParseError('Malformed dialog reference');
  return { callId, params: parseParams(text, semicolon < 0 ? text.length : semicolon) };
}

function tag(params: Params, name: string): string {
  const value = params.get(name);
  if (value === undefined || value === null || value === '')
    throw new SipParseError(`Dialog reference without ${name}`);
  return value;
}
