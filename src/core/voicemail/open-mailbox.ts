import type { FlowConfiguration } from '#core/call-flow/index.js';
import type { LegTask } from '#core/calls/index.js';
import type { Core } from '#core/core.js';
import { hasFeature } from '#core/plans/index.js';
import { readRouting } from '#core/routing/index.js';
import { changePin, recordGreeting } from '#core/voicemail/change-by-phone.js';
import { hearMessages } from '#core/voicemail/hear-messages.js';
import { countMessages } from '#core/voicemail/mailbox-counts.js';
import { checkMailboxPin, pinState } from '#core/voicemail/mailbox-pin.js';
import { mailboxOfExtension } from '#core/voicemail/mailbox-of.js';
import { VisitLeg } from '#core/voicemail/visit-leg.js';
import { inWords, MOST_SILENCES, type Visit } from '#core/voicemail/visit.js';
import { VISIT_WORDS } from '#core/voicemail/visit-words.js';
import type { VoicemailOwner } from '#core/voicemail/voice-message.js';
import type { LegId } from '#voice/engine.js';

export interface OpenMailbox {
  owner: VoicemailOwner;
  leg: LegId;
  /** Undefined: there is none. `ask`: of the extension that is entered. */
  mailbox: number | undefined | 'ask';
  /** Whether the greeting is recorded at once. */
  recordsGreeting: boolean;
  /** Who it is that changes something: a user's id, or a phone. */
  author: string;
}

const MOST_EXTENSION_DIGITS = 10;
const MOST_PIN_DIGITS = 10;
/** Wrong PINs of one call. */
const MOST_WRONG = 3;

/**
 * Whoever is at an answered leg shows the PIN of a mailbox, hears its messages, deletes and saves them, records its greeting
 * and changes its PIN, by keys, until they hang up or press nothing any more.
 */
export function openMailbox(core: Core, input: OpenMailbox): LegTask {
  const leg = new VisitLeg(core, input.owner.mode, input.leg);
  return {
    start: (onDone) =>
      leg.run(async () => {
        await leg.say(await inWords(core, input.owner, await visitMailbox(core, input, leg)));
        onDone();
      }),
    onEvent: (event) => leg.onEvent(event),
    stop: () => leg.stop(),
  };
}

/** Gives the last words. */
async function visitMailbox(core: Core, input: OpenMailbox, leg: VisitLeg): Promise<string> {
  const { owner, author } = input;
  const configuration = await readRouting(core, owner);
  if (!(await hasFeature(core, owner.accountId, 'voicemail'))) return VISIT_WORDS.unavailable;
  const mailboxId = await chosenMailbox(core, input, leg, configuration);
  const mailbox = configuration.objects.mailbox.get(mailboxId ?? -1);
  if (mailboxId === undefined || mailbox === undefined) return `${VISIT_WORDS.noMailbox} ${VISIT_WORDS.goodbye}`;
  const refused = await askPin(core, { ...owner, mailboxId }, leg);
  if (refused !== undefined) return refused;
  const timeZone = configuration.hours?.timeZone ?? (await zoneOf(core, owner));
  const visit: Visit = { core, owner, mailboxId, mailboxName: mailbox.name, leg, author, timeZone };
  const greeted = input.recordsGreeting ? await recordGreeting(visit) : '';
  if (greeted !== undefined) await menu(visit, greeted);
  return VISIT_WORDS.goodbye;
}

async function zoneOf(core: Pick<Core, 'db'>, { accountId }: VoicemailOwner): Promise<string> {
  const account = await core.db
    .selectFrom('accounts')
    .select('time_zone')
    .where('id', '=', accountId)
    .executeTakeFirstOrThrow();
  return account.time_zone;
}

async function chosenMailbox(
  core: Core,
  { owner, mailbox }: OpenMailbox,
  leg: VisitLeg,
  configuration: FlowConfiguration,
): Promise<number | undefined> {
  if (mailbox !== 'ask') return mailbox;
  let notice = '';
  for (let asked = 0; asked < MOST_SILENCES; asked++) {
    const question = await inWords(core, owner, notice, VISIT_WORDS.extension);
    const { keys } = await leg.ask(question, { most: MOST_EXTENSION_DIGITS });
    const found = mailboxOfExtension(configuration, keys);
    if (found !== undefined) return found;
    notice = keys === '' ? '' : VISIT_WORDS.noMailbox;
  }
  return undefined;
}

/** Undefined: it was right; else the last words. */
async function askPin(
  core: Core,
  mailbox: VoicemailOwner & { mailboxId: number },
  leg: VisitLeg,
): Promise<string | undefined> {
  let notice = '';
  for (let asked = 0; asked < MOST_WRONG; asked++) {
    // Nobody is asked for what there is not, or what does not help.
    const open = await pinState(core, mailbox);
    if (open === 'none') return VISIT_WORDS.noPin;
    if (open === 'locked') return VISIT_WORDS.locked;
    const { keys: pin } = await leg.ask(await inWords(core, mailbox, notice, VISIT_WORDS.pin), {
      most: MOST_PIN_DIGITS,
    });
    notice = '';
    if (pin === '') continue;
    const verdict = await checkMailboxPin(core, { ...mailbox, pin });
    if (verdict === 'right') return undefined;
    if (verdict === 'none') return VISIT_WORDS.noPin;
    if (verdict === 'locked') return VISIT_WORDS.locked;
    notice = VISIT_WORDS.wrongPin;
  }
  return `${notice} ${VISIT_WORDS.goodbye}`.trim();
}

async function menu(visit: Visit, first: string): Promise<void> {
  const { core, owner, mailboxId, leg } = visit;
  let notice = first;
  for (let silences = 0; silences < MOST_SILENCES;) {
    const counts = (await countMessages(core, [mailboxId])).get(mailboxId);
    const waiting = VISIT_WORDS.counts(counts?.newMessages ?? 0, counts?.oldMessages ?? 0);
    const { keys } = await leg.ask(await inWords(core, owner, notice, waiting, VISIT_WORDS.menu), { most: 1 });
    silences = keys === '' ? silences + 1 : 0;
    const next = await choose(visit, keys);
    if (next === undefined) return;
    notice = next;
  }
}

/** What is said before the menu; undefined: it is over. */
async function choose(visit: Visit, key: string): Promise<string | undefined> {
  switch (key) {
    case '1':
      return hearMessages(visit, 'new');
    case '2':
      return hearMessages(visit, 'saved');
    case '3':
      return recordGreeting(visit);
    case '4':
      return changePin(visit);
    case '*':
      return undefined;
    default:
      return '';
  }
}
