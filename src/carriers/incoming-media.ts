import { MOST_MEDIA, type IncomingMedia, type PartResult } from '#carriers/carrier.js';

const LONGEST_URL = 2048;
/** As RFC 6838, 4.2 limits names. */
const MEDIA_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/;

/** Files as a service told of them; undefined: none. An address that is no web address names nothing that could be fetched. */
export function mediaOf(
  told: readonly { url: string | undefined; type?: string | undefined }[],
): readonly IncomingMedia[] | undefined {
  const media = told.flatMap(({ url = '', type = '' }): IncomingMedia[] => {
    if (url.length > LONGEST_URL || !URL.canParse(url)) return [];
    const { href, protocol } = new URL(url);
    if (protocol !== 'http:' && protocol !== 'https:') return [];
    const bare = (type.split(';')[0] ?? '').trim().toLowerCase();
    return [{ url: href, ...(MEDIA_TYPE.test(bare) ? { type: bare } : {}) }];
  });
  return media.length === 0 ? undefined : media.slice(0, MOST_MEDIA);
}

/** Of whoever carries words only: a text without its picture would say something else. */
export const WORDS_ONLY: PartResult = {
  kind: 'refused',
  code: 'no_media',
  detail: 'This carrier takes no pictures and files.',
};
