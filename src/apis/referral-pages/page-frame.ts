import type { FastifyReply } from 'fastify';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:0 auto;padding:1.5rem 1rem;color:#1a1a1a;background:#fff}' +
  'h1{font-size:1.6rem;line-height:1.25;overflow-wrap:anywhere}p{overflow-wrap:anywhere}' +
  'input[type=email],input[type=text],textarea{width:100%;box-sizing:border-box;font:inherit;padding:.7rem;border:1px solid #767676;border-radius:.4rem}' +
  'label{display:block;margin:1rem 0 .25rem}label.tick{display:flex;gap:.6rem;align-items:start}' +
  'button,a.button{display:block;width:100%;box-sizing:border-box;margin:1rem 0;padding:.8rem;font:inherit;font-weight:600;text-align:center;' +
  'text-decoration:none;border:0;border-radius:.4rem;background:#1a1a1a;color:#fff;cursor:pointer}' +
  'ul.ways{list-style:none;padding:0;display:grid;grid-template-columns:1fr 1fr;gap:.6rem}ul.ways a{margin:0}' +
  'code.coupon{display:block;font-size:1.5rem;padding:.8rem;margin:1rem 0;text-align:center;border:2px dashed #767676;border-radius:.4rem;overflow-wrap:anywhere}' +
  'ol.plain{list-style:none;padding:0}table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem .3rem 0;overflow-wrap:anywhere}' +
  '.wrong{color:#b00020}.small{font-size:.85rem;color:#555}';
const STYLE_SOURCE = sourceOf(STYLE);

export interface Page {
  title: string;
  /** HTML: everything in it that is not ours is escaped. */
  body: string;
  /** What links to it show. */
  description?: string;
  /** A script of ours. */
  script?: string;
  /** Who may show it in a frame of theirs: an origin. Absent: nobody. */
  framedBy?: string;
}

/** Nothing from elsewhere, no script but the page's own, forms go nowhere but here. */
export function sendPage(reply: FastifyReply, status: number, page: Page): Readable {
  const script = page.script === undefined ? '' : `script-src '${sourceOf(page.script)}'; connect-src 'self'; `;
  void reply
    .code(status)
    .headers({
      'content-security-policy':
        `default-src 'none'; img-src data:; style-src '${STYLE_SOURCE}'; ${script}form-action 'self'; base-uri 'none'; ` +
        `frame-ancestors ${page.framedBy ?? "'none'"}`,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-robots-tag': 'noindex',
    })
    .type('text/html; charset=utf-8');
  return Readable.from([htmlOf(page)]);
}

/** `rest`: HTML that follows. */
export function sorry(reply: FastifyReply, status: number, title: string, sentence: string, rest = ''): Readable {
  return sendPage(reply, status, { title, body: `<h1>${escapeHtml(title)}</h1><p>${escapeHtml(sentence)}</p>${rest}` });
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

function htmlOf({ title, body, description, script }: Page): string {
  const shown =
    description === undefined
      ? ''
      : `<meta property="og:title" content="${escapeHtml(title)}">` +
        `<meta property="og:description" content="${escapeHtml(description)}">`;
  return (
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title>${shown}` +
    // An icon that is asked for by itself would be a request that is refused.
    '<link rel="icon" href="data:,">' +
    `<meta name="viewport" content="width=device-width, initial-scale=1"><style>${STYLE}</style></head>` +
    `<body><main>${body}</main>${script === undefined ? '' : `<script>${script}</script>`}</body></html>`
  );
}

function sourceOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
