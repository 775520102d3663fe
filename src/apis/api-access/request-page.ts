import { createHash } from 'node:crypto';
import { ACCESS_REQUEST_LIMITS, type RequestAccess } from '#core/api-access/index.js';

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:3rem auto;padding:0 1rem}' +
  'label{display:block;margin:1rem 0 .25rem}input,textarea{width:100%;box-sizing:border-box;font:inherit;padding:.5rem}' +
  'button{margin-top:1.5rem;font:inherit;padding:.5rem 1.5rem}.wrong{color:#b00020;margin:.25rem 0}';
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/** No scripts, nothing from elsewhere, in nobody's frame, and the form goes nowhere but here. */
export const PAGE_HEADERS = {
  'content-security-policy': `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** As the fields of the form are called. */
export const FORM_FIELDS = {
  account: 'accountName',
  name: 'name',
  email: 'email',
  use_case: 'useCase',
} as const satisfies Record<string, keyof RequestAccess>;

const LABELS: Record<keyof RequestAccess, string> = {
  accountName: 'Account',
  name: 'Your name',
  email: 'E-mail address',
  useCase: 'What you want to do with the API',
};

export interface FormState {
  values: RequestAccess;
  /** A sentence for each field that is wrong. */
  wrong: Partial<Record<keyof RequestAccess, string>>;
  /** Above the form. */
  notice?: string;
}

export const EMPTY_FORM: FormState = {
  values: { accountName: '', name: '', email: '', useCase: '' },
  wrong: {},
};

export function formPage({ values, wrong, notice }: FormState): string {
  const fields = Object.entries(FORM_FIELDS).map(([name, field]) => {
    const value = escapeHtml(values[field]);
    const attributes = `id="${name}" name="${name}" maxlength="${ACCESS_REQUEST_LIMITS[field]}" required`;
    const input =
      field === 'useCase'
        ? `<textarea ${attributes} rows="6">${value}</textarea>`
        : `<input ${attributes} type="${field === 'email' ? 'email' : 'text'}" value="${value}">`;
    const problem = wrong[field] === undefined ? '' : `<p class="wrong">${escapeHtml(wrong[field])}</p>`;
    return `<label for="${name}">${LABELS[field]}</label>${input}${problem}`;
  });
  return page(
    'Request API access',
    `${notice === undefined ? '' : `<p class="wrong">${escapeHtml(notice)}</p>`}` +
      '<p>The API is opened for each account by those who run this server. Tell them who you are and what it is for.</p>' +
      `<form method="post" action="/api-access" accept-charset="utf-8">${fields.join('')}` +
      '<button type="submit">Send</button></form>',
  );
}

export function receivedPage(): string {
  return page('Request received', '<p>Thank you. You will hear from those who run this server.</p>');
}

function page(title: string, body: string): string {
  return (
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title>` +
    `<meta name="viewport" content="width=device-width, initial-scale=1"><style>${STYLE}</style></head>` +
    `<body><h1>${title}</h1>${body}</body></html>`
  );
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
