import { VISITOR_PATTERN } from '#core/site-people/index.js';

/**
 * What a shop's pages load: `sidetone('identify' | 'purchase' | 'event' | 'share' | 'gleam', {…}, callback)`. It holds the public id of
 * a site and no key; calls that came before it was loaded wait in `sidetone.q`.
 */
export const TAG_SCRIPT = `(function () {
  'use strict';
  var script = document.currentScript || document.querySelector('script[data-site][src*="/referrals/t.js"]');
  if (!script) return;
  var site = script.getAttribute('data-site');
  var home = new URL(script.src).origin;
  var store = 'sidetone_visitor';
  var uuid = /${VISITOR_PATTERN}/;
  function kept() { try { return localStorage.getItem(store); } catch (e) { return null; } }
  function made() {
    if (window.crypto.randomUUID) return window.crypto.randomUUID();
    var b = window.crypto.getRandomValues(new Uint8Array(16));
    b[6] = (b[6] & 15) | 64; b[8] = (b[8] & 63) | 128;
    var h = Array.prototype.map.call(b, function (x) { return (x + 256).toString(16).slice(1); }).join('');
    return [h.slice(0, 8), h.slice(8, 12), h.slice(12, 16), h.slice(16, 20), h.slice(20)].join('-');
  }
  var known = kept() || '';
  var visitor = uuid.test(known) ? known : made();
  try { localStorage.setItem(store, visitor); } catch (e) { /* As long as the page is open, then. */ }
  function send(what, data, done) {
    var body = { visitor: visitor };
    for (var key in data) if (typeof data[key] === 'string') body[key] = data[key];
    // Plain text, so that no browser asks first whether it may.
    fetch(home + '/referrals/tag/' + encodeURIComponent(site) + '/' + what, {
      method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'text/plain' }, credentials: 'omit', keepalive: true
    }).then(function (reply) { return reply.json(); }).then(done, function () { done({ ok: false }); });
  }
  // A friend who comes by an offer brings this along, once; whoever copies the address of the page takes nothing with it.
  function arrive() {
    var visit = new URLSearchParams(location.search).get('st_visit');
    if (!visit) return;
    var search = location.search.replace(/([?&])st_visit=[^&]*&?/g, '$1').replace(/[?&]$/, '');
    try { history.replaceState(history.state, '', location.pathname + search + location.hash); } catch (e) { /* It ends by itself. */ }
    send('arrive', { visit: visit }, function () {});
  }
  function show(page, into) {
    var place = typeof into === 'string' ? document.querySelector(into) : into;
    if (!place) return;
    var frame = document.createElement('iframe');
    frame.src = page; frame.title = 'Recommend us';
    frame.setAttribute('style', 'width:100%;max-width:36rem;height:44rem;border:0');
    frame.setAttribute('allow', 'clipboard-write');
    place.textContent = ''; place.appendChild(frame);
  }
  function element(name, text) {
    var made = document.createElement(name);
    made.textContent = text; return made;
  }
  // In the page's own style: words alone, and nothing that could be markup.
  function gleam(said, into) {
    var place = typeof into === 'string' ? document.querySelector(into) : into;
    if (!place) return;
    place.textContent = '';
    if (!said.rewards.length) return;
    var box = element('div', ''), list = element('ul', '');
    box.className = 'sidetone-gleam'; box.setAttribute('role', 'status');
    box.appendChild(element('strong', said.headline));
    said.rewards.forEach(function (reward) {
      var line = element('li', (reward.description || '') + ' ');
      line.appendChild(element('code', reward.coupon_code)); list.appendChild(line);
    });
    box.appendChild(list); place.appendChild(box);
  }
  function call(what, data, done) {
    data = data || {}; done = typeof done === 'function' ? done : function () {};
    if (what === 'visitor') return done(visitor);
    if (['identify', 'purchase', 'event', 'share', 'gleam'].indexOf(what) < 0) return done({ ok: false });
    send(what, data, function (said) {
      if (what === 'share' && said.ok && said.page && data.into) show(said.page, data.into);
      if (what === 'gleam' && said.ok && data.into) gleam(said, data.into);
      done(said);
    });
  }
  arrive();
  var waiting = (window.sidetone && window.sidetone.q) || [];
  window.sidetone = function (what, data, done) { call(what, data, done); };
  for (var i = 0; i < waiting.length; i++) call(waiting[i][0], waiting[i][1], waiting[i][2]);
})();
`;
