export type DiskErrorCode =
  /** Nothing new is accepted. */
  'disk.full';
