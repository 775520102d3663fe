/** Files that are handed in, and their reading into rows: contacts, recipients of a campaign, opt-outs. */
export { cancelImport } from '#core/imports/cancel-import.js';
export type { ImportErrorCode } from '#core/imports/errors.js';
export { findImport, listImports, readRefusedRows, type ImportFilter } from '#core/imports/find-import.js';
export {
  IMPORT_LIMITS,
  type Import,
  type ImportKind,
  type ImportOptions,
  type ImportStatus,
} from '#core/imports/import.js';
export { ImportRunner } from '#core/imports/import-runner.js';
export { purgeUploads } from '#core/imports/purge-uploads.js';
export { receiveUpload, type ReceiveUpload } from '#core/imports/receive-upload.js';
export { reconcileImports } from '#core/imports/reconcile-imports.js';
export type { CheckedRow, Row, RowRun, RowSink } from '#core/imports/row-sink.js';
export { startImport, type StartImport } from '#core/imports/start-import.js';
export { UPLOAD_LIMITS, type ImportOwner, type Upload } from '#core/imports/upload.js';
