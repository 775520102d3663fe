/** The event package `dialog` (RFC 4235): the calls of a phone, for the lamps and pick-up keys of others. */
import type { PhoneConfig } from '#voice/engine.js';
import type { DialogTable } from '#voice/sip/dialog-table.js';
import { xmlText, type EventPackage, type SipAddress } from '#voice/sip/event-package.js';
import { InDialog } from '#voice/sip/in-dialog.js';
import type { PhoneCall, PhoneCalls } from '#voice/sip/phone-calls.js';
import { formatUri } from '#voice/sip/uri.js';

/** A lamp shows one; with many more a NOTIFY over UDP would be cut into pieces. */
const MAX_DIALOGS = 4;

export class DialogPackage implements EventPackage {
  readonly name = 'dialog';
  readonly contentType = 'application/dialog-info+xml';
  readonly #calls: PhoneCalls;
  readonly #dialogs: DialogTable;

  constructor(calls: PhoneCalls, dialogs: DialogTable) {
    this.#calls = calls;
    this.#dialogs = dialogs;
  }

  watch({ id }: PhoneConfig, entity: SipAddress): () => Buffer {
    let version = 0;
    let told: PhoneCall[] = [];
    return () => {
      const calls = this.#calls.of(id).slice(0, MAX_DIALOGS);
      // Some phones wait for the end to be told and do not take a call's absence for it.
      const ended = told.filter(({ leg }) => !calls.some((call) => call.leg === leg));
      told = calls;
      const text = [
        '<?xml version="1.0"?>',
        `<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="${version++}" state="full" entity="${address(entity)}">`,
        ...calls.map((call) => this.#dialog(call, entity)),
        ...ended.map(({ leg }) => `<dialog id="${xmlText(leg)}"><state>terminated</state></dialog>`),
        '</dialog-info>',
        '',
      ];
      return Buffer.from(text.join('\n'));
    };
  }

  #dialog({ leg, direction, state, remote }: PhoneCall, entity: SipAddress): string {
    const shown = remote.private === true ? { number: 'anonymous', displayName: 'Anonymous' } : remote;
    const display = shown.displayName === undefined ? '' : ` display="${xmlText(shown.displayName)}"`;
    const target = (of: SipAddress): string => `<target uri="${address(of)}"/>`;
    const theirs = { user: shown.number, host: entity.host };
    return (
      `<dialog id="${xmlText(leg)}"${this.#ids(leg)} direction="${direction}"><state>${state}</state>` +
      `<local><identity>${address(entity)}</identity>${target(entity)}</local>` +
      `<remote><identity${display}>${address(theirs)}</identity>${target(theirs)}</remote></dialog>`
    );
  }

  /** As the phone knows its dialog with us: what an INVITE with Replaces names. */
  #ids(leg: string): string {
    const owner = this.#dialogs.ofLeg(leg);
    if (!(owner instanceof InDialog)) return '';
    const { callId, localTag, remoteTag } = owner.dialog.id;
    return ` call-id="${xmlText(callId)}" local-tag="${xmlText(remoteTag)}" remote-tag="${xmlText(localTag)}"`;
  }
}

function address({ user, host }: SipAddress): string {
  return xmlText(formatUri({ scheme: 'sip', user, host, params: new Map(), headers: new Map() }));
}
