import { sql } from 'kysely';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import type { MetricDimension, MetricSource } from '#core/referral-metrics/metric-sources.js';
import { METRICS, type Metric, type MetricResultType } from '#core/referral-metrics/metrics.js';
import { checkDays, checkPeriod, nameOf, periodsOf, type Days, type Period } from '#core/referral-metrics/periods.js';
import { listReferralCampaigns, stateAt, type ReferralCampaign } from '#core/referral-campaigns/index.js';
import type { Site } from '#core/sites/index.js';

export interface MetricFilter extends Days {
  channels?: readonly string[] | undefined;
  trafficSources?: readonly string[] | undefined;
  campaignIds?: readonly number[] | undefined;
  /** Those with one of these tags. */
  campaignTags?: readonly string[] | undefined;
  campaignState?: 'live' | 'test' | 'scheduled' | 'disabled' | undefined;
  liveCampaignsOnly?: boolean | undefined;
}

export interface SegmentBy {
  period?: string | undefined;
  /** True: by each tag that there is. */
  campaignTags?: readonly string[] | true | undefined;
  channels?: readonly string[] | undefined;
  campaignKinds?: boolean | undefined;
}

export interface MetricValue {
  result: MetricResultType;
  /** Of money minor units; of a rate per cent. */
  value: number;
}

export interface MetricSegment extends MetricValue {
  period: string | null;
  campaignTag: string | null;
  channel: string | null;
  campaignKind: ReferralCampaign['kind'] | null;
}

/** Of combinations of tag, channel and kind. */
const MOST_SEGMENTS = 200;

/** @throws CoreError `metric.not_found`, `metric.bad_input` */
export async function calculateMetric(
  core: Pick<Core, 'db' | 'clock'>,
  site: Site,
  name: string,
  filter: MetricFilter,
): Promise<MetricValue> {
  const metric = metricOf(name);
  checkDays(filter);
  const campaigns = await chosenCampaigns(core, site, filter);
  const narrowed = { ...filter, campaigns: campaigns?.map(({ id }) => id) };
  const values = await valuesOf(core, site, metric, narrowed, undefined);
  return { result: metric.result, value: values.get('') ?? 0 };
}

/**
 * The same in parts: by period, those without anything too, by tag, channel and kind of campaign, or by all of these.
 * @throws CoreError `metric.not_found`, `metric.bad_input`
 */
export async function segmentMetric(
  core: Pick<Core, 'db' | 'clock'>,
  site: Site,
  name: string,
  filter: MetricFilter,
  by: SegmentBy,
): Promise<MetricSegment[]> {
  const metric = metricOf(name);
  checkDays(filter);
  const period = by.period === undefined ? undefined : checkPeriod(by.period);
  const all = (await chosenCampaigns(core, site, filter)) ?? (await listReferralCampaigns(core, site));
  const tags = by.campaignTags === true ? tagsOf(all) : (by.campaignTags ?? [null]);
  const kinds = by.campaignKinds === true ? [...new Set(all.map(({ kind }) => kind))].sort() : [null];
  const channels = by.channels?.filter((one) => filter.channels === undefined || filter.channels.includes(one));
  if (tags.length * kinds.length * (channels ?? [null]).length > MOST_SEGMENTS) {
    throw new CoreError('metric.bad_input', `There are more than ${MOST_SEGMENTS} segments: ask for fewer at once.`);
  }
  const isNarrow = (await chosenCampaigns(core, site, filter)) !== undefined;
  const segments: MetricSegment[] = [];
  for (const campaignTag of tags) {
    for (const campaignKind of kinds) {
      const fits = all.filter(
        ({ tags: own, kind }) =>
          (campaignTag === null || own.includes(campaignTag)) && (campaignKind === null || kind === campaignKind),
      );
      const campaigns =
        isNarrow || campaignTag !== null || campaignKind !== null ? fits.map(({ id }) => id) : undefined;
      for (const channel of channels ?? [null]) {
        const narrowed = { ...filter, campaigns, ...(channel === null ? {} : { channels: [channel] }) };
        const values = await valuesOf(core, site, metric, narrowed, period);
        for (const key of period === undefined ? [''] : periodsOf(filter, period)) {
          segments.push({
            ...{ result: metric.result, value: values.get(key) ?? 0, campaignTag, channel, campaignKind },
            period: period === undefined ? null : nameOf(key, period),
          });
        }
      }
    }
  }
  return segments;
}

function metricOf(name: string): Metric {
  const metric = Object.hasOwn(METRICS, name) ? METRICS[name] : undefined;
  if (metric === undefined) throw new CoreError('metric.not_found', 'No metric found.', { field: 'metric' });
  return metric;
}

function tagsOf(campaigns: readonly ReferralCampaign[]): string[] {
  return [...new Set(campaigns.flatMap(({ tags }) => tags))].sort();
}

/** Undefined: all, and what belongs to none. */
async function chosenCampaigns(
  core: Pick<Core, 'db' | 'clock'>,
  site: Site,
  { campaignIds, campaignTags, campaignState, liveCampaignsOnly = false }: MetricFilter,
): Promise<ReferralCampaign[] | undefined> {
  const asked = [campaignIds, campaignTags, campaignState];
  if (asked.every((one) => one === undefined) && !liveCampaignsOnly) return undefined;
  const at = new Date(core.clock.now());
  return (await listReferralCampaigns(core, site)).filter((campaign) => {
    const state = stateAt(campaign, at);
    const shown = state === 'ended' ? 'disabled' : state;
    return (
      (campaignIds?.includes(campaign.id) ?? true) &&
      (campaignTags?.some((tag) => campaign.tags.includes(tag)) ?? true) &&
      (campaignState === undefined || shown === campaignState) &&
      (!liveCampaignsOnly || state === 'live')
    );
  });
}

interface Narrowed extends Days {
  channels?: readonly string[] | undefined;
  trafficSources?: readonly string[] | undefined;
  campaigns: readonly number[] | undefined;
}

/** By the first day of each period; without periods one, by the empty text. */
async function valuesOf(
  core: Pick<Core, 'db'>,
  site: Site,
  { result, of, per }: Metric,
  narrowed: Narrowed,
  period: Period | undefined,
): Promise<Map<string, number>> {
  const values = await read(core, site, of, narrowed, period);
  if (per === undefined) return values;
  const others = await read(core, site, per, narrowed, period);
  const times = result === 'percent' ? 100 : 1;
  return new Map([...others].map(([key, other]) => [key, other === 0 ? 0 : ((values.get(key) ?? 0) / other) * times]));
}

async function read(
  core: Pick<Core, 'db'>,
  site: Site,
  source: MetricSource,
  { start, end, channels, trafficSources, campaigns }: Narrowed,
  period: Period | undefined,
): Promise<Map<string, number>> {
  const { timeZone } = site;
  const key =
    period === undefined
      ? sql`''`
      : sql`to_char(date_trunc(${sql.lit(period)}, at at time zone ${sql.lit(timeZone)}), 'YYYY-MM-DD')`;
  const value = source.of === 'sum' ? sql`sum(value)` : sql`count(distinct value)`;
  const among = (dimension: MetricDimension, column: string, type: string, wanted: readonly unknown[] | undefined) => {
    if (wanted === undefined) return sql``;
    requireDimension(source, dimension);
    return sql`and ${sql.ref(column)} = any(${[...wanted]}::${sql.raw(type)}[])`;
  };
  const { rows } = await sql<{ key: string; value: string | number | null }>`
    select ${key} as key, ${value} as value from (${source.rows(site.id)}) as counted
    where at >= (${start}::timestamp at time zone ${timeZone})
      and at < ((${end}::date + 1)::timestamp at time zone ${timeZone})
      ${among('campaign', 'campaign_id', 'bigint', campaigns)}
      ${among('channel', 'channel', 'text', channels)}
      ${among('trafficSource', 'traffic_source', 'text', trafficSources)}
    group by 1`.execute(core.db);
  return new Map(rows.map((row) => [row.key, Number(row.value ?? 0)]));
}

const SAID: Record<MetricDimension, string> = {
  campaign: 'campaigns',
  channel: 'sharing channels',
  trafficSource: 'traffic sources',
};

function requireDimension(source: MetricSource, dimension: MetricDimension): void {
  if (source.dimensions.includes(dimension)) return;
  throw new CoreError('metric.bad_input', `This metric is not known by ${SAID[dimension]}.`, { field: dimension });
}
