import { presentMoney, presentWorth } from '#apis/referrals/money.js';
import { LABELS, SHOWN_TYPE } from '#apis/referrals/present-origin.js';
import { presentChoice } from '#apis/referrals/present-person.js';
import { SHOWN_STATUS } from '#apis/referrals/present-reward.js';
import { presentTime } from '#apis/referrals/present-time.js';
import type { Event } from '#core/events.js';

type Facts = Record<string, unknown>;

/** What an event tells, in the words of this door. Undefined: it is none of referrals. */
export function payloadOf(event: Event): Facts | undefined {
  const words = new Words(event.data);
  const { data } = event;
  switch (event.type) {
    case 'coupons.wanted':
      return words.codesWanted();
    case 'advocate.joined':
    case 'friend.joined':
      return {
        campaign: words.campaign(data['campaign']),
        offer: words.offer(data['offer']),
        ...words.person(data['person']),
        ...words.standing(data['standing']),
        ...(event.type === 'friend.joined' ? { ip_address: data['ip'] ?? null } : {}),
      };
    case 'offer.shared':
      return {
        campaign: words.campaign(data['campaign']),
        offer: words.offer(data['offer']),
        share_type: data['channel'],
        share_info: { recipients: data['recipients'] ?? [] },
        sharer_info: words.person(data['person']),
        share_link: data['link'],
        origin: words.origin(data['origin']),
      };
    case 'origin.registered':
      return { person: words.person(data['person']), origin: words.origin(data['origin']) };
    case 'referral.created':
    case 'referral.approved':
    case 'referral.status_changed':
      return words.referral();
    case 'reward.given':
      return words.rewardGiven();
    case 'site_person.unsubscribed':
    case 'site_person.opted_in':
      return { person: words.person(data['person']) };
    case 'loyalty.acted':
      return words.loyalty();
    default:
      return undefined;
  }
}

/** The letters of a site to those who gave no address themselves, by their names in core. */
export const EMAIL_TYPES = { share: 'offer_share', reminder: 'reminder' } as const;

/** Of the question before a letter. */
export function checkPayload(data: Facts): Facts {
  return {
    campaign: new Words(data).campaign(data['campaign']),
    recipient: data['recipient'],
    email_type: EMAIL_TYPES[data['letter'] === 'reminder' ? 'reminder' : 'share'],
  };
}

/** Core's facts in the words of this door; an absent thing is null. */
class Words {
  readonly #currency: string;
  readonly #zone: string;

  constructor(private readonly data: Facts) {
    this.#currency = text(data['currency']) ?? 'USD';
    this.#zone = text(data['timeZone']) ?? 'UTC';
  }

  codesWanted(): Facts {
    const list = facts(this.data['list']) ?? {};
    const person = facts(this.data['person']) ?? {};
    const { amount, percentage } = presentWorth(list, this.#currency);
    return {
      coupon_auto_sync_enabled: true,
      coupon_code: this.data['code'] ?? null,
      coupon_list_id: list['id'] ?? null,
      coupon_list_name: list['name'] ?? null,
      email: person['email'] ?? null,
      phone_number: person['phone'] ?? null,
      discount_amount: amount,
      percentage_discount: percentage,
      usage_limit: list['usageLimit'] ?? null,
      expires_at: this.#time(list['expiresAt']),
      wanted: this.data['wanted'] ?? null,
      needed_now: this.data['neededNow'] ?? false,
    };
  }

  campaign(given: unknown): Facts | null {
    const campaign = facts(given);
    if (campaign === undefined) return null;
    return {
      id: campaign['id'],
      slug: campaign['slug'] ?? null,
      name: campaign['name'] ?? null,
      type: campaign['kind'] ?? null,
      status: campaign['status'] ?? null,
      tag_names: campaign['tags'] ?? [],
    };
  }

  offer(given: unknown): Facts | null {
    const offer = facts(given);
    if (offer === undefined) return null;
    return {
      id: offer['id'],
      short_url_code: offer['code'] ?? null,
      claim_url: offer['claimLink'] ?? null,
      show_url: offer['advocatePage'] ?? null,
      coupon_code: null,
      created_at: this.#time(offer['createdAt']),
    };
  }

  person(given: unknown): Facts | null {
    const person = facts(given);
    if (person === undefined) return null;
    return {
      id: person['id'] ?? null,
      email: person['email'] ?? null,
      phone_number: person['phone'] ?? null,
      first_name: person['firstName'] ?? null,
      last_name: person['lastName'] ?? null,
      username: person['username'] ?? null,
      customer_id: person['customerId'] ?? null,
      custom_properties: person['properties'] ?? {},
      sub_choice: presentChoice(person['subChoice']),
      subscribed_at: this.#time(person['subscribedAt']),
      opted_in_at: this.#time(person['optedInAt']),
      phone_opted_in_at: null,
      unsubscribed_at: this.#time(person['unsubscribedAt']),
    };
  }

  standing(given: unknown): Facts {
    const { referrals, member } = facts(given) ?? {};
    const points = facts(member);
    return {
      is_loyalty_member: points !== undefined,
      loyalty_member: points === undefined ? null : this.#member(points),
      referral_counts: referrals ?? { total: 0, approved: 0, pending: 0 },
    };
  }

  origin(given: unknown): Facts | null {
    const origin = facts(given);
    if (origin === undefined) return null;
    const labels = facts(origin['labels']) ?? {};
    return {
      id: origin['id'],
      type: TYPES[String(origin['kind'])] ?? null,
      order_number: origin['kind'] === 'purchase' ? origin['number'] : null,
      event_category: origin['kind'] === 'event' ? origin['category'] : null,
      event_number: origin['kind'] === 'event' ? origin['number'] : null,
      subtotal: this.#money(origin['subtotal']),
      coupon_codes: origin['couponCodes'] ?? [],
      ip_address: origin['ip'] ?? null,
      traffic_source: origin['trafficSource'] ?? null,
      ...Object.fromEntries(LABELS.map((label) => [label, labels[label] ?? null])),
      created_at: this.#time(origin['happenedAt']),
      refunded_at: this.#time(origin['refundedAt']),
    };
  }

  reward(given: unknown): Facts | null {
    const reward = facts(given);
    if (reward === undefined) return null;
    return {
      id: reward['id'],
      reason: reward['reason'] ?? null,
      status: STATUSES[String(reward['status'])] ?? null,
      incentive: reward['incentive'] ?? null,
      incentive_type: reward['kind'] ?? null,
      incentive_description: reward['description'] ?? null,
      ...presentWorth(reward, this.#currency),
      reward_coupon_code: facts(reward['coupon'])?.['code'] ?? null,
    };
  }

  rewardGiven(): Facts {
    return {
      campaign: this.campaign(this.data['campaign']),
      offer: this.offer(this.data['offer']),
      person: this.person(this.data['person']),
      origin: this.origin(this.data['origin']),
      ...this.reward(this.data['reward']),
    };
  }

  referral(): Facts {
    const referral = facts(this.data['referral']) ?? {};
    return {
      id: referral['id'] ?? null,
      status: this.data['status'] ?? referral['status'] ?? null,
      track_method: referral['trackMethod'] ?? null,
      campaign: this.campaign(this.data['campaign']),
      offer: this.offer(this.data['offer']),
      advocate_rewards: this.#rewards(this.data['advocateRewards']),
      friend_rewards: this.#rewards(this.data['friendRewards']),
      referrer: this.person(this.data['advocate']),
      referred: this.person(this.data['friend']),
      referred_origin: this.origin(this.data['origin']),
      share: { channel: referral['channel'] ?? null },
    };
  }

  loyalty(): Facts {
    const action = facts(this.data['action']) ?? {};
    return {
      type: action['kind'] ?? null,
      identifier: action['action'] ?? null,
      points: action['points'] ?? null,
      points_balance: action['balanceAfter'] ?? null,
      created_at: this.#time(action['createdAt']),
      person: this.person(this.data['person']),
    };
  }

  #member(member: Facts): Facts {
    return {
      id: member['id'],
      active: member['active'],
      points_balance: member['points'],
      member_dates: Object.entries(facts(member['dates']) ?? {}).map(([identifier, date]) => ({ date, identifier })),
      created_at: this.#time(member['joinedAt']),
    };
  }

  #rewards(given: unknown): (Facts | null)[] {
    return Array.isArray(given) ? given.map((one) => this.reward(one)) : [];
  }

  #money(minor: unknown): number | null {
    return typeof minor === 'number' ? presentMoney(minor, this.#currency) : null;
  }

  #time(at: unknown): string | null {
    return typeof at === 'string' ? presentTime(new Date(at), this.#zone) : null;
  }
}

/** What events say is any text. */
const TYPES: Record<string, string> = SHOWN_TYPE;
const STATUSES: Record<string, string> = SHOWN_STATUS;

function facts(given: unknown): Facts | undefined {
  return typeof given === 'object' && given !== null && !Array.isArray(given) ? (given as Facts) : undefined;
}

function text(given: unknown): string | undefined {
  return typeof given === 'string' ? given : undefined;
}
