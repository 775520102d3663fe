/** A site and what it promises, as JSON: of a file, and of the interface that manages it. */
export { DEFAULT_TEXTS, GLEAM_HEADLINE } from '#core/site-documents/campaign-shape.js';
export { couponListDocument } from '#core/site-documents/coupon-list-document.js';
export { readDocument } from '#core/site-documents/read-document.js';
export {
  readCampaignDocuments,
  saveCampaignDocument,
  saveCouponListDocument,
} from '#core/site-documents/save-documents.js';
export { settingsDocument, settingsShape } from '#core/site-documents/settings-document.js';
export { applySiteDocument, readSiteDocument } from '#core/site-documents/apply-site.js';
