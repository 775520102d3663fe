/** The end of a site, and of everything that is of it. */
export { removeSite } from '#core/site-removal/remove-site.js';
