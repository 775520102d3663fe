export type SiteErrorCode =
  'site.not_found' | 'site.bad_input' | 'site.slug_taken' | 'site.too_many' | 'site.throttled';
