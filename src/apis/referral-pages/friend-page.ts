import { escapeHtml, type Page } from '#apis/referral-pages/page-frame.js';
import type { Reward } from '#core/rewards/index.js';
import { fillTexts, promiseOf, type FilledIn } from '#core/shares/index.js';
import type { SharedOffer } from '#core/offers/index.js';

/** Where a friend says who they are, before they are given anything. */
export function askPage(
  { site, campaign }: SharedOffer,
  filled: FilledIn,
  form: { action: string; channel: string; mayAskForLetters: boolean; email?: string; wrong?: string },
): Page {
  const texts = fillTexts(site, campaign, filled);
  const wrong = form.wrong === undefined ? '' : `<p class="wrong" role="alert">${escapeHtml(form.wrong)}</p>`;
  return {
    title: texts.friendHeadline,
    description: texts.friendDescription,
    body:
      `${opening(texts, promiseOf(campaign, 'referred'))}` +
      `<form method="post" action="${escapeHtml(form.action)}" accept-charset="utf-8">` +
      `<input type="hidden" name="channel" value="${escapeHtml(form.channel)}">` +
      `<label for="email">Your e-mail address</label>${wrong}` +
      `<input id="email" name="email" type="email" autocomplete="email" maxlength="254" required value="${escapeHtml(form.email ?? '')}">` +
      (form.mayAskForLetters
        ? `<label class="tick"><input type="checkbox" name="letters" value="yes"> <span>${escapeHtml(site.name)} may write to me by e-mail. I can end that at any time.</span></label>`
        : '') +
      '<button type="submit">Get my offer</button></form>',
  };
}

/** What a friend was given, and the way to the shop. `elsewhere`: they were given it in another browser, or by the shop, or are the advocate. */
export function givenPage(
  visited: SharedOffer,
  filled: FilledIn,
  rewards: Reward[] | 'elsewhere',
  { shop, notice, letterLink }: { shop: string; notice?: string | undefined; letterLink?: string | null },
): Page {
  const texts = fillTexts(visited.site, visited.campaign, filled);
  const [first, second] = rewards === 'elsewhere' ? [] : rewards;
  const promised = first?.description ?? promiseOf(visited.campaign, 'referred');
  return {
    title: texts.friendHeadline,
    body:
      // Of several, each says what it is.
      opening(texts, second === undefined ? promised : '') +
      (notice === undefined ? '' : `<p role="status">${escapeHtml(notice)}</p>`) +
      (letterLink
        ? `<p class="small">In test mode letters go to nobody. <a id="letter" href="${escapeHtml(letterLink)}">The link of this one</a></p>`
        : '') +
      given(rewards) +
      `<a class="button" id="shop" rel="noopener" target="_top" href="${escapeHtml(shop)}">Go to ${escapeHtml(visited.site.name)}</a>`,
  };
}

/** What the shop is told on the way to it. */
export function firstCode(rewards: readonly Reward[]): string | null {
  return rewards.find(({ coupon }) => coupon !== null)?.coupon?.code ?? null;
}

function given(rewards: readonly Reward[] | 'elsewhere'): string {
  if (rewards === 'elsewhere') {
    return '<p>There is no new code for this address: it has one already, or it is the address of whoever shared this offer.</p>';
  }
  const first = rewards.find(({ coupon }) => coupon !== null);
  return rewards
    .map((reward) => {
      const what = rewards.length === 1 ? '' : `<strong>${escapeHtml(reward.description ?? '')}</strong> `;
      const code = reward.coupon?.code;
      if (code === undefined) return `<p>${what}Your code is on its way: you get it as soon as there is one.</p>`;
      return `<p>${what}Your code:</p><code class="coupon"${reward === first ? ' id="coupon"' : ''}>${escapeHtml(code)}</code>`;
    })
    .join('');
}

/** What programs see that show a link, and whoever came by no browser of a person. */
export function shownPage({ site, campaign }: SharedOffer, filled: FilledIn, action: string): Page {
  const texts = fillTexts(site, campaign, filled);
  return {
    title: texts.friendHeadline,
    description: texts.friendDescription,
    body: `${opening(texts, promiseOf(campaign, 'referred'))}<a class="button" href="${escapeHtml(action)}">See the offer</a>`,
  };
}

function opening({ friendHeadline, friendDescription }: ReturnType<typeof fillTexts>, promise: string): string {
  return (
    `<h1>${escapeHtml(friendHeadline)}</h1><p>${escapeHtml(friendDescription)}</p>` +
    (promise === '' ? '' : `<p><strong>${escapeHtml(promise)}</strong></p>`)
  );
}
