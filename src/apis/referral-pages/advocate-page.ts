import { escapeHtml, type Page } from '#apis/referral-pages/page-frame.js';
import type { Core } from '#core/core.js';
import { claimLink, type SharedOffer } from '#core/offers/index.js';
import { fillTexts, promiseOf, waysToShare } from '#core/shares/index.js';

const NAMES = {
  facebook: 'Facebook',
  twitter: 'X',
  linkedin: 'LinkedIn',
  whatsapp: 'WhatsApp',
  sms: 'Text message',
  email: 'E-mail',
} as const;

/** Copies the link, and tells which button was used; without it the page works all the same. */
const SCRIPT =
  "(function(){var link=document.getElementById('link'),copy=document.getElementById('copy'),said=document.getElementById('copied');" +
  "function done(){said.textContent='Copied.'}" +
  "copy.addEventListener('click',function(){link.select();" +
  "if(navigator.clipboard){navigator.clipboard.writeText(link.value).then(done,function(){if(document.execCommand('copy'))done()})}" +
  "else if(document.execCommand('copy'))done()});" +
  "document.querySelectorAll('a[data-channel]').forEach(function(a){a.addEventListener('click',function(){" +
  "fetch(location.pathname+'/shares'+location.search,{method:'POST',keepalive:true,headers:{'content-type':'application/x-www-form-urlencoded'}," +
  "body:'channel='+a.getAttribute('data-channel')}).catch(function(){})})})})()";

/** Where an advocate passes an offer on. `token`: the shop vouched for whoever looks; `sections`: for them alone. */
export function advocatePageOf(
  core: Pick<Core, 'settings'>,
  { site, campaign, offer }: SharedOffer,
  { token, notice, sections = '' }: { token?: string | undefined; notice?: string; sections?: string },
): Page {
  const link = claimLink(core, offer);
  const texts = fillTexts(site, campaign, { link, advocate: null });
  const promise = promiseOf(campaign, 'referrer');
  const ways = Object.entries(NAMES).map(([channel, name]) => {
    const byChannel = claimLink(core, offer, channel);
    const url = waysToShare({ site, campaign }, byChannel, null)[channel as keyof typeof NAMES];
    // Letters go by the advocate's own mail program, of which nothing is to be noted.
    const noted = channel === 'email' ? '' : ` data-channel="${channel}"`;
    return `<li><a class="button"${noted} target="_blank" rel="noopener noreferrer" href="${escapeHtml(url)}">${name}</a></li>`;
  });
  const form =
    token === undefined
      ? ''
      : `<form method="post" action="/o/${offer.code}?t=${encodeURIComponent(token)}" accept-charset="utf-8">` +
        '<label for="recipients">Or let us write to your friends</label>' +
        '<textarea id="recipients" name="recipients" rows="3" maxlength="10000" required placeholder="Addresses, with commas between them"></textarea>' +
        '<button type="submit">Send</button></form>';
  return {
    title: texts.headline,
    script: SCRIPT,
    framedBy: new URL(site.url).origin,
    body:
      `<h1>${escapeHtml(texts.headline)}</h1><p>${escapeHtml(texts.description)}</p>` +
      (promise === '' ? '' : `<p><strong>${escapeHtml(promise)}</strong></p>`) +
      (notice === undefined ? '' : `<p role="status">${escapeHtml(notice)}</p>`) +
      `<label for="link">Your link</label><input id="link" type="text" readonly value="${escapeHtml(link)}">` +
      '<button type="button" id="copy">Copy the link</button><p id="copied" class="small" role="status"></p>' +
      `<ul class="ways">${ways.join('')}</ul>${form}${sections}`,
  };
}
