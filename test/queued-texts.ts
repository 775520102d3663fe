import type { CarrierConfig, CarrierListener, OutgoingText, PartResult } from '#carriers/carrier.js';
import type { OpenCarrier } from '#carriers/carrier-set.js';
import type { Core } from '#core/core.js';
import { newId } from '#core/ids.js';
import type { MessageRow } from '#core/messages/index.js';
import { DIAL_PRIORITY, type Purpose } from '#core/purpose.js';
import { encodeText } from '#core/segments/index.js';
import type { Mode } from '#core/tables.js';

export interface QueuedText {
  to: string;
  from?: string;
  text?: string;
  mode?: Mode;
  purpose?: Purpose;
  priority?: number;
  confirmation?: boolean;
  dueInMs?: number;
  expiresInMs?: number;
  webhookUrl?: string;
  campaign?: { id: string; recipient: number; try: number };
}

const DAY_MS = 86_400_000;

/** Puts texts into the queue as a door would have them put there, and wakes whoever sends them. Gives their ids. */
export async function queueTexts(
  core: Pick<Core, 'db' | 'clock' | 'wake'>,
  accountId: string,
  texts: readonly QueuedText[],
): Promise<string[]> {
  const now = core.clock.now();
  const rows = texts.map((text, index) => {
    const purpose = text.purpose ?? 'transactional';
    const { encoding, segments, text: body } = encodeText(text.text ?? 'Your parcel arrives tomorrow.');
    return {
      id: newId('sms', now),
      account_id: accountId,
      mode: text.mode ?? 'test',
      direction: 'out' as const,
      status: 'queued' as const,
      purpose,
      priority: text.priority ?? DIAL_PRIORITY[purpose],
      from_address: text.from ?? '+15005550100',
      to_address: text.to,
      text: body,
      encoding,
      segments,
      reference: index % 65_536,
      confirmation: text.confirmation ?? false,
      metadata: null,
      webhook_url: text.webhookUrl ?? null,
      dialect: 'outreach',
      campaign_id: text.campaign?.id ?? null,
      recipient: text.campaign?.recipient ?? null,
      try: text.campaign?.try ?? null,
      created_at: new Date(now),
      due_at: new Date(now + (text.dueInMs ?? 0)),
      expires_at: new Date(now + (text.expiresInMs ?? DAY_MS)),
    };
  });
  for (let start = 0; start < rows.length; start += 1000) {
    await core.db
      .insertInto('messages')
      .values(rows.slice(start, start + 1000))
      .execute();
  }
  core.wake.messages();
  return rows.map(({ id }) => id);
}

export function readText({ db }: Pick<Core, 'db'>, id: string): Promise<MessageRow> {
  return db.selectFrom('messages').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
}

/** The events of a text, in order. */
export async function eventsOf({ db }: Pick<Core, 'db'>, id: string): Promise<string[]> {
  const rows = await db
    .selectFrom('events')
    .select(['type', 'data'])
    .where('subject', '=', id)
    .orderBy('sequence')
    .execute();
  return rows.map(({ type, data }) => (type === 'message.failed' ? `${type} ${String(data['status'])}` : type));
}

/** Lets a sender send this many segments a second. */
export async function setPace({ db }: Pick<Core, 'db'>, sender: string, segmentsPerSecond: number): Promise<void> {
  await db
    .updateTable('numbers')
    .set({ segments_per_second: segmentsPerSecond })
    .where('number', '=', sender)
    .execute();
}

/** A carrier that keeps what it is given, and says of it what the test says. */
export class ScriptedCarrier implements OpenCarrier {
  window = 10;
  readonly submitted: OutgoingText[] = [];
  /** Default: everything is accepted, under the text's id and the part's number. */
  answer: (text: OutgoingText) => Promise<PartResult[]> | PartResult[] = acceptAll;
  listener: CarrierListener | undefined;
  config: CarrierConfig | undefined;

  /** What `CarrierSet` opens it with. */
  open = (config: CarrierConfig, listener: CarrierListener): OpenCarrier => {
    this.config = config;
    this.listener = listener;
    return this;
  };

  async submit(text: OutgoingText): Promise<PartResult[]> {
    this.submitted.push(text);
    return this.answer(text);
  }

  async close(): Promise<void> {}
}

export function acceptAll(text: OutgoingText): PartResult[] {
  return text.parts.map(({ part }) => ({ kind: 'accepted', theirId: `${text.id}-${part}` }));
}

/** Writes a carrier of the installation down, as one that is reached by HTTP. Gives its id. */
export async function addScripted(
  core: Pick<Core, 'db' | 'clock'>,
  name: string,
  fields: { prefixes?: string[]; priority?: number; segmentsPerSecond?: number } = {},
): Promise<string> {
  const at = new Date(core.clock.now());
  const id = newId('car', core.clock.now());
  await core.db
    .insertInto('carriers')
    .values({
      id,
      account_id: null,
      name,
      kind: 'http',
      settings: '{}',
      secrets_encrypted: null,
      prefixes: fields.prefixes ?? [],
      priority: fields.priority ?? 100,
      segments_per_second: fields.segmentsPerSecond ?? 1000,
      created_at: at,
      updated_at: at,
    })
    .execute();
  return id;
}
