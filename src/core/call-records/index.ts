/** The history of calls between people, and what was taken out of it. */
export { CALL_RESULTS, type CallRecord, type RecordFilter } from '#core/call-records/call-record.js';
export { countCallDays } from '#core/call-records/count-days.js';
export { findRecord, findRecordingFile } from '#core/call-records/find-record.js';
export { DELETED_KINDS, listDeleted, type DeletedKind } from '#core/call-records/list-deleted.js';
export { listRecords } from '#core/call-records/list-records.js';
export { removeRecord, removeRecording } from '#core/call-records/remove-record.js';
