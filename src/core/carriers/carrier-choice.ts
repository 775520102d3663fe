import { sql } from 'kysely';
import { MEDIA_PLACEHOLDER } from '#core/carriers/http-template.js';
import type { Db } from '#core/core.js';

/** A carrier as the choice for a text sees it. */
export interface CarrierWay {
  id: string;
  /** Null: the installation's. */
  accountId: string | null;
  /** What numbers begin with that it is for; none: every number. */
  prefixes: readonly string[];
  /** The only senders that it takes; none: all. */
  senders: readonly string[];
  /** The lower one is tried first. */
  priority: number;
  /** Up, as far as is known. */
  well: boolean;
  segmentsPerSecond: number;
  /** Null: at once. */
  nextSegmentAt: Date | null;
  /** Whether it takes pictures and files with a text. */
  takesMedia: boolean;
  /** The address of its service, where that is not the usual one. */
  service: string | null;
}

/** Kinds that always take pictures and files; services over HTTP do where their template has a place for them. */
const MEDIA_KINDS = ['twilio', 'telnyx'];

/** A text tries no more carriers than this. */
export const MOST_CARRIERS = 5;

/** All carriers of the installation: few rows, read within each claim. */
export async function readCarriers(db: Db): Promise<CarrierWay[]> {
  const rows = await db
    .selectFrom('carriers')
    .leftJoin('carrier_states', 'carrier_states.carrier_id', 'carriers.id')
    .select(['id', 'account_id', 'prefixes', 'senders', 'priority', 'up', 'segments_per_second', 'next_segment_at'])
    .select(
      sql<boolean>`kind = any(${MEDIA_KINDS})
        or coalesce(strpos(settings #>> '{template,send}', ${JSON.stringify(MEDIA_PLACEHOLDER)}) > 0, false)`.as(
        'takes_media',
      ),
    )
    .select(sql<string | null>`coalesce(settings ->> 'apiUrl', settings #>> '{template,send,url}')`.as('service'))
    .orderBy('id')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    accountId: row.account_id,
    prefixes: row.prefixes,
    senders: row.senders,
    priority: row.priority,
    well: row.up ?? true,
    segmentsPerSecond: row.segments_per_second,
    nextSegmentAt: row.next_segment_at,
    takesMedia: row.takes_media,
    service: row.service,
  }));
}

/** Those that take a text with so many pictures and files. */
export function withMedia<W extends Pick<CarrierWay, 'takesMedia'>>(carriers: readonly W[], attachments: number): W[] {
  return carriers.filter(({ takesMedia }) => takesMedia || attachments === 0);
}

/** Whether the service can fetch a file from us: what is only here is out of reach of whoever is elsewhere. */
export function reaches({ service }: Pick<CarrierWay, 'service'>, publicUrl: string): boolean {
  return !isHere(publicUrl) || (service !== null && isHere(service));
}

function isHere(url: string): boolean {
  return URL.canParse(url) && /^(localhost|127(\.[0-9]+){3}|\[::1\])$/.test(new URL(url).hostname);
}

/**
 * The carriers that a text may take, the best first: those in trouble last; then the account's own before the
 * installation's, those that name its sender, the longest matching prefix, the lowest priority, the oldest.
 */
export function carriersFor<
  W extends Omit<CarrierWay, 'segmentsPerSecond' | 'nextSegmentAt' | 'takesMedia' | 'service'>,
>(carriers: readonly W[], text: { accountId: string; from: string; to: string; tried: readonly string[] }): W[] {
  if (text.tried.length >= MOST_CARRIERS) return [];
  return carriers
    .filter(({ id, accountId }) => (accountId === null || accountId === text.accountId) && !text.tried.includes(id))
    .filter(({ senders }) => senders.length === 0 || senders.includes(text.from))
    .flatMap((way) => {
      const prefix = matchedPrefix(way.prefixes, text.to);
      return prefix === undefined ? [] : [{ way, prefix }];
    })
    .sort(
      (a, b) =>
        Number(b.way.well) - Number(a.way.well) ||
        Number(a.way.accountId === null) - Number(b.way.accountId === null) ||
        Number(a.way.senders.length === 0) - Number(b.way.senders.length === 0) ||
        b.prefix - a.prefix ||
        a.way.priority - b.way.priority,
    )
    .map(({ way }) => way);
}

/** The length of the longest prefix that the number begins with; undefined: the carrier is not for it. */
function matchedPrefix(prefixes: readonly string[], number: string): number | undefined {
  if (prefixes.length === 0) return 0;
  const lengths = prefixes.filter((prefix) => number.startsWith(prefix)).map((prefix) => prefix.length);
  return lengths.length === 0 ? undefined : Math.max(...lengths);
}
